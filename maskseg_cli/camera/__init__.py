"""Live cameras: newest frame in, annotated picture out, with wishes of the viewers heeded on the way.

`controls` holds what viewers wish, `feed` what they see; neither needs OpenCV or TensorFlow.
"""
