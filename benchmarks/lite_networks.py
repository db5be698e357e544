"""Makes the OpenVINO networks that lie beside the bundled weights: python -m benchmarks.lite_networks PHOTOS...

PHOTOS are files or folders of photos for the calibration of int8, such as COCO's; no annotations are needed. Writes
weights/maskseg-lite-coco-*.xml and .bin (float16-compressed), and -int8.xml and .bin.
"""

from __future__ import annotations

import argparse

from maskseg_cli.checkpoints.registry import lite_file
from maskseg_cli.inference.openvino_cache import INT8_SUFFIX
from maskseg_cli.inference.openvino_export import export_network, export_quantized
from maskseg_cli.progress import ProgressReporter


def main() -> None:
    """Converts and quantises the bundled weights."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photos", nargs="+")
    parser.add_argument("--limit", type=int, default=120, help="photos for the calibration, spread over all of them")
    options = parser.parse_args()
    weights = lite_file()
    assert weights is not None
    export_network(weights, weights.with_suffix(".xml"))
    int8 = weights.with_name(weights.stem + INT8_SUFFIX)
    export_quantized(weights, int8, options.photos, options.limit, reporter=ProgressReporter(), with_mask_head=False)
    for path in sorted(weights.parent.glob(f"{weights.stem}*")):
        print(f"{path.name}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
