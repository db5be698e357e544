"""Fuzzers: each gives damaged and crafted inputs to one reader of maskseg, which may answer with a sentence only.

One file a reader: `fuzz_NAME.py` with a `FUZZER` (see `fuzzer.py`); nothing else has to be registered.

- `mutation.py` makes inputs out of seeds; one place for all fuzzers.
- `worker.py` runs inputs in a process of its own, so that a crash, a hang and used memory are seen.
- `campaign.py` runs one fuzzer with a corpus on disk and counts what happened.
- `test_fuzzers.py` runs some inputs of each in the suite; `python -m tests.fuzz MINUTES` (`make fuzz`) runs all for
  a long time. MASKSEG_FUZZ_SEED (a number) gives other inputs.
"""
