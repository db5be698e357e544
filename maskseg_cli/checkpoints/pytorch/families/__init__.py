"""The families of Mask R-CNN that PyTorch's users have: their names for what `MaskRCNN` has, and their layouts.

`conversion.checkpoint_of(path, state)` makes a `Checkpoint` of a `TorchState`:

- `recognition.py`: which family the state dict is of; for other networks a sentence that says what they are.
- `family.py`: what a family is. `torchvision.py`, `detectron2.py`, `mmdetection.py`, `pytorch_mask_rcnn.py`: one each;
  `bare_resnet.py`: a ResNet alone; `name_tables.py`: what their tables of names share.
- `renaming.py`: gives arrays our names; `layers.py`: the names of the arrays that a network has.
- `sizes.py`: what shapes say about the network; `anchors.py`: anchors that a file describes, and a guess.
- `mmdetection_config.py`: the config in a file; `config_beside.py`: detectron2's config.yaml beside it.
- `layouts.py`: our axes, order of classes and of the numbers of a box.
"""
