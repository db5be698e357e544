"""A program that finds the objects of one photo, and writes down how long each step of its start took.

    python -m maskseg_cli.benchmark.start_child REPORT TIME OPTIONS PHOTO

REPORT is the JSON file to write, TIME is `time.time()` when this process was asked for, OPTIONS are fields
of `ModelOptions` as JSON.
"""

import time

_READY = time.time()

import json  # noqa: E402
import sys  # noqa: E402


def main() -> None:
    """Finds the objects twice and writes the report; see the text of this module."""
    report, asked, fields, photo = sys.argv[1:]
    seconds = {"Python": _READY - float(asked)}
    begin = time.perf_counter()
    from pathlib import Path

    from maskseg_cli.benchmark.import_time import ImportTimer
    from maskseg_cli.benchmark.memory import peak_memory_mb
    from maskseg_cli.benchmark.model_words import options_from_json
    from maskseg_cli.inference.loading import load_predictor
    from maskseg_cli.media.images import read_image

    seconds["import"] = time.perf_counter() - begin
    with ImportTimer() as imports:
        image = read_image(photo)
        begin, imported = time.perf_counter(), imports.seconds
        predictor = load_predictor(options_from_json(fields))
        seconds["load"] = time.perf_counter() - begin - (imports.seconds - imported)
        begin, imported = time.perf_counter(), imports.seconds
        predictor(image)
        first = time.perf_counter() - begin - (imports.seconds - imported)
        seconds["first result"] = time.time() - float(asked)
    seconds["import"] += imports.seconds
    begin = time.perf_counter()
    predictor(image)
    seconds["compile"] = max(0.0, first - (time.perf_counter() - begin))
    Path(report).write_text(json.dumps({"seconds": seconds, "peak_mb": peak_memory_mb()}))


if __name__ == "__main__":
    main()
