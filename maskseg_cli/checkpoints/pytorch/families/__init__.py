"""The families of Mask R-CNN that PyTorch's users have: their names for what `MaskRCNN` has, and their layouts.

- `family.py`: what a family is; `torchvision.py`, `detectron2.py`, `mmdetection.py`, `pytorch_mask_rcnn.py`: one each.
- `recognition.py`: which family a state dict is of; for other networks a sentence that says what they are.
- `renaming.py`: gives arrays our names; `sizes.py`: what their shapes say about the network; `layouts.py`: our axes,
  order of classes and of deltas.
- `layers.py`: the names of the arrays that a network has; `anchors.py`: anchors from what a file says about them.
"""
