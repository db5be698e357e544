"""Weights saved by PyTorch, detectron2 and safetensors, read without torch and without executing anything.

`reading.read_torch_state(path)` gives a `TorchState`. The way of a file through this package:

- `zip_layout.py`, `pickle_layout.py`, `safetensors_layout.py`: where a file keeps its description and its values.
- `unpickling.py`, `pickle_machine.py`, `pickle_file.py`: read the opcodes of a pickle. No name is resolved: each stays
  a text (`records.Name`).
- `pickle_names.py`: which names may occur, and the sentence for all others; `rebuild.py`: what the known ones make.
- `records.py`: tensors, whose values are still in the file.
- `state_dict.py`: finds the state dict; `loading.py`: reads the values as float32.
"""
