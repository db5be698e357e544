"""`open_openvino`: a network on OpenVINO, with the engine's device and precision chosen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from maskseg_cli.checkpoints.assign import check_label_count
from maskseg_cli.checkpoints.registry import IR_SUFFIX
from maskseg_cli.config import MaskRCNNConfig
from maskseg_cli.errors import UsageError, last_line
from maskseg_cli.inference.class_labels import Labels, all_names, given_names
from maskseg_cli.inference.engine import EngineUnavailableError
from maskseg_cli.inference.engine_options import EngineOptions, calls_at_once
from maskseg_cli.inference.staged_engine import StagedEngine
from maskseg_cli.inference.weights_source import WeightsSource
from maskseg_cli.reporter import Reporter

if TYPE_CHECKING:
    import openvino

    from maskseg_cli.inference.openvino_stages import OpenVinoStages


def open_openvino(
    path: Path,
    labels: Labels | None,
    configure: Callable[[MaskRCNNConfig], MaskRCNNConfig],
    options: EngineOptions,
    reporter: Reporter,
    check: Callable[[tuple[str, ...]], object] = len,
) -> tuple[StagedEngine, tuple[str, ...]]:
    """Opens a weights file, or an OpenVINO file that maskseg wrote; see `loading.open_engine`.

    Raises:
        EngineUnavailableError: OpenVINO is not installed or cannot run the network here.
        MasksegError, UsageError: as `loading.load_model`.
    """
    try:
        import openvino  # noqa: F401  in this block, so that an absent one is told from other errors
    except ImportError as error:
        raise EngineUnavailableError(f"OpenVINO cannot be loaded ({error})") from None
    network = _Network(path, configure, reporter)
    names = given_names(labels, network.class_names)
    check_label_count(f"The weights file {path.name}", network.config, names)
    check(all_names(names, network.config))
    for note in network.notes:
        reporter.say(note)
    try:
        stages = _choose_stages(network, options)
    except RuntimeError as error:  # OpenVINO's own
        raise EngineUnavailableError(f"OpenVINO cannot run it ({last_line(error)})") from None
    engine = StagedEngine(stages, network.config, _workers(network.config, options))
    engine.read_network = network.full
    return engine, all_names(names, network.config)


class _Network:
    """The network of a file in float32 and, where there is one, quantised.

    Attributes:
        config: the options to use.
        class_names: in the file.
        digest: SHA-256 of the weights that it was made from.
        notes: what was assumed, since the file does not say it.
    """

    def __init__(self, path: Path, configure: Callable[[MaskRCNNConfig], MaskRCNNConfig], reporter: Reporter) -> None:
        self.path = path
        self._reporter = reporter
        self._given: openvino.Model | None = None
        self.notes: tuple[str, ...] = ()
        if path.suffix.lower() == IR_SUFFIX:
            from maskseg_cli.inference.openvino_file import read_ir

            self._given, info = read_ir(path)
            self.quantized_only = info.precision == "int8"
            self.config, self.class_names = configure(info.config), info.class_names
            self.digest = info.weights_sha256
            if self.config.graph != info.config.graph:
                raise UsageError(f"The structure of the network in {path} cannot be changed: only of a weights file.")
            return
        self.quantized_only = False
        self._source = WeightsSource(path)
        self.config, self.class_names = configure(self._source.config), self._source.class_names
        self.digest, self.notes = self._source.digest, self._source.notes

    def full(self) -> openvino.Model:
        """The network with its weights as they are; not for a file that is `quantized_only`."""
        from maskseg_cli.inference.openvino_cache import converted_network

        if self._given is not None:
            return self._given
        return converted_network(self._source, self.config, self._reporter)

    def quantized(self) -> openvino.Model | None:
        """The network in int8; None: there is none."""
        from maskseg_cli.inference.openvino_cache import INT8_SUFFIX, bundled_network

        if self._given is not None:
            return self._given if self.quantized_only else None
        return bundled_network(self._source, self.config, INT8_SUFFIX)


def _choose_stages(network: _Network, options: EngineOptions) -> OpenVinoStages:
    """Compiles the network on the device and with the precision that are asked for, or the best that work."""
    from maskseg_cli.inference.openvino_stages import OpenVinoStages, cpu_precisions
    from maskseg_cli.inference.precision_check import passes_check

    device = _device(options.device)

    def compiled(model: openvino.Model, precision: str) -> OpenVinoStages:
        streams = _workers(network.config, options) if options.throughput else 1
        return OpenVinoStages(model, network.config, precision, device, options.threads, streams)

    if options.precision == "int8" or network.quantized_only:
        model = network.quantized()
        if model is None:
            raise UsageError(
                f"{network.path.name} has no int8 network: make one with `maskseg weights quantize {network.path} "
                "PHOTOS -o OUT.xml`, and load that."
            )
        if options.precision not in ("auto", "int8"):
            raise UsageError(f"{network.path.name} holds an int8 network: {options.precision} needs its weights file.")
        return compiled(model, "int8")
    if options.precision != "auto":
        return compiled(network.full(), options.precision)
    usable = cpu_precisions() if device == "CPU" else ("float32",)
    for precision in ("int8", "bfloat16"):
        model = (network.quantized() if precision == "int8" else network.full()) if precision in usable else None
        if model is not None:
            stages = compiled(model, precision)
            if passes_check(stages, precision, network.digest, lambda: compiled(network.full(), "float32")):
                return stages
    return compiled(network.full(), "float32")


def _device(wanted: str) -> str:
    """OpenVINO's name of a device.

    Raises:
        EngineUnavailableError: it is not there; what is there is named.
    """
    from maskseg_cli.inference.openvino_stages import available_devices

    if wanted in ("auto", "cpu"):
        return "CPU"
    there = available_devices()
    if wanted.upper() not in {name.split(".")[0] for name in there}:
        raise EngineUnavailableError(
            f"OpenVINO finds no {wanted.upper()} that it supports (it finds: {', '.join(there)})"
        )
    return wanted.upper()


def _workers(config: MaskRCNNConfig, options: EngineOptions) -> int:
    calls = calls_at_once(config)
    return calls if options.threads is None else max(1, min(calls, options.threads))
