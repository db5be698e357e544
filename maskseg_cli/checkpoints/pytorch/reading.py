"""`read_torch_state`: the one way into this package."""

from __future__ import annotations

from pathlib import Path

from maskseg_cli.checkpoints.npz_archive import DAMAGE
from maskseg_cli.checkpoints.pytorch.loading import load_tensors, stored_dtype
from maskseg_cli.checkpoints.pytorch.pickle_layout import PickleLayout
from maskseg_cli.checkpoints.pytorch.records import RefusedError
from maskseg_cli.checkpoints.pytorch.safetensors_layout import SafetensorsLayout
from maskseg_cli.checkpoints.pytorch.state import TorchState
from maskseg_cli.checkpoints.pytorch.state_dict import find_state_dict
from maskseg_cli.checkpoints.pytorch.zip_layout import ZipLayout
from maskseg_cli.checkpoints.sniff import identify
from maskseg_cli.errors import MasksegError
from maskseg_cli.printable import printable


def read_torch_state(path: str | Path) -> TorchState:
    """Reads the state dict of a .pth, .pt, .pkl or .safetensors file; its content decides which it is.

    Nothing in the file is executed, and no name in it is imported. The state dict may be the whole file, or lie below
    "model", "state_dict", "model_state_dict" and the like.

    Raises:
        MasksegError: the file is damaged, of another kind, or names what weights do not need.

    Example:
        >>> state = read_torch_state("model_final.pth")      # doctest: +SKIP
        >>> state.arrays["backbone.body.conv1.weight"].shape  # doctest: +SKIP
        (64, 3, 7, 7)
    """
    path = Path(path)
    kind = identify(path)
    if kind not in ("pytorch", "safetensors"):
        raise MasksegError(f"{path} is no file of PyTorch, detectron2 or safetensors.")
    try:
        with SafetensorsLayout(path) if kind == "safetensors" else _torch_layout(path) as file:
            tensors, meta = find_state_dict(file.load())
            return TorchState(load_tensors(tensors, file.capacity), file.layout, stored_dtype(tensors), meta)
    except RefusedError as error:
        raise MasksegError(f"{path} {error}") from None
    except MemoryError:
        raise MasksegError(f"{path} needs more memory than there is.") from None
    except DAMAGE as error:
        reason = printable(" ".join(str(error).split())[:300]) or type(error).__name__
        raise MasksegError(f"{path} is damaged ({reason}); fetch or copy it again.") from None


def _torch_layout(path: Path) -> ZipLayout | PickleLayout:
    with path.open("rb") as stream:
        return ZipLayout(path) if stream.read(4) == b"PK\x03\x04" else PickleLayout(path)
