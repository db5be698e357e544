"""Finds the state dict in what a file holds, and what is said beside it."""

from __future__ import annotations

from typing import Any

from maskseg_cli.checkpoints.pytorch.pickle_names import whole_model
from maskseg_cli.checkpoints.pytorch.rebuild import Array
from maskseg_cli.checkpoints.pytorch.records import Placeholder, RefusedError, Tensor
from maskseg_cli.printable import printable

#: Where programs put the state dict, the likeliest first; averaged weights are taken only where there are no others.
_KEYS = ("model", "state_dict", "model_state_dict", "model_ema", "ema", "ema_state_dict")

#: Prefixes of names: of torch.nn.DataParallel and its like, and of programs whose network is their `model`.
_PREFIXES = ("module.", "model.")

#: What torch.optim.swa_utils.AveragedModel has beside a network below "module.".
_COUNTER = "n_averaged"

_MOST_DEPTH = 8
_MOST_VALUES = 20_000


def find_state_dict(content: Any) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors of the state dict by name, without common prefixes, and the plain values beside it.

    Raises:
        RefusedError: there is no state dict, or it has something else than tensors of numbers.
    """
    if isinstance(content, Placeholder):
        raise RefusedError(whole_model(content.name))
    if not isinstance(content, dict):
        raise RefusedError(f"holds a {_kind(content)} and no state dict: torch.save(model.state_dict(), ...).")
    outer: dict[Any, Any] = {}
    for _ in range(_MOST_DEPTH):
        key = _key(content)
        if key is None:
            break
        outer |= {name: value for name, value in content.items() if name != key and not _is_tensor(value)}
        content = content[key]
        if isinstance(content, Placeholder):
            raise RefusedError(whole_model(content.name))
    tensors = {name: _tensor(name, value) for name, value in content.items() if not _is_plain(value)}
    if not tensors:
        raise RefusedError("holds no tensors: it is no state dict (torch.save(model.state_dict(), ...)).")
    return _without_prefixes(tensors), _plain_dict(outer)


def _key(content: dict[Any, Any]) -> Any:
    """The key below which the state dict lies; None: it is `content` itself."""
    found = [key for key in _KEYS if isinstance(content.get(key), dict) and _has_tensors(content[key])]
    found += [key for key in _KEYS if isinstance(content.get(key), Placeholder)]
    if found:
        return found[0]
    if _has_direct_tensors(content):
        return None
    dicts = {id(value): (key, value) for key, value in content.items() if isinstance(value, dict)}  # each once
    inside = [key for key, value in dicts.values() if _has_direct_tensors(value)]
    return inside[0] if len(inside) == 1 else None


def _has_tensors(content: dict[Any, Any]) -> bool:
    """Whether it is a state dict, or has one below a usual key."""
    inner = [content.get(key) for key in _KEYS]
    return _has_direct_tensors(content) or any(isinstance(one, dict) and _has_direct_tensors(one) for one in inner)


def _has_direct_tensors(content: dict[Any, Any]) -> bool:
    return any(_is_tensor(value) and isinstance(key, str) for key, value in content.items())


def _is_tensor(value: Any) -> bool:
    return isinstance(value, (Tensor, Array)) or (isinstance(value, Placeholder) and bool(value.why))


def _is_plain(value: Any) -> bool:
    """Whether it is a value that says something about a state dict and is no part of it, such as its version."""
    return value is None or isinstance(value, (bool, int, float, str, list, tuple, dict))


def _tensor(name: Any, value: Any) -> Tensor:
    shown = printable(str(name)[:200])
    if isinstance(value, Array):
        value = value.tensor
    if isinstance(value, Tensor) and isinstance(name, str):
        return value
    if isinstance(value, Placeholder):
        if value.why:
            raise RefusedError(f"is not read: {shown} in it {value.why}, and maskseg needs plain tensors of numbers.")
        raise RefusedError(
            f"is not read: {shown} in it is an object of {printable(value.name[:200])} in place of a tensor; "
            "torch.save(model.state_dict(), ...) writes tensors only."
        )
    raise RefusedError(f"is not read: {shown} in it is a {_kind(value)} in place of a tensor.")


def _without_prefixes(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    for _ in range(_MOST_DEPTH):
        names = [name for name in tensors if name != _COUNTER]
        prefix = next((one for one in _PREFIXES if names and all(name.startswith(one) for name in names)), None)
        if prefix is None:
            break
        tensors = {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name != _COUNTER}
    return tensors


def _kind(value: Any) -> str:
    return {"NoneType": "value without content", "Payload": "long text"}.get(
        type(value).__name__, type(value).__name__.lower()
    )


def _plain_dict(content: dict[Any, Any]) -> dict[str, Any]:
    left = [_MOST_VALUES]
    return {str(key): plain for key, value in content.items() if (plain := _plain(value, left, 0)) is not _NOTHING}


_NOTHING = object()


def _plain(value: Any, left: list[int], depth: int) -> Any:
    """A copy of plain values only; `_NOTHING` for others, and for what is deep or long.

    A pickle can have one list in itself, or a list of lists a thousand million times: the copy has a limit.
    """
    left[0] -= 1
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if left[0] < 0 or depth >= _MOST_DEPTH or not isinstance(value, (list, tuple, dict)) or len(value) > left[0]:
        return _NOTHING
    if isinstance(value, dict):
        pairs = ((key, _plain(item, left, depth + 1)) for key, item in value.items() if isinstance(key, (str, int)))
        return {key: item for key, item in pairs if item is not _NOTHING}
    items = [_plain(item, left, depth + 1) for item in value]
    items = [item for item in items if item is not _NOTHING]
    return tuple(items) if isinstance(value, tuple) else items
