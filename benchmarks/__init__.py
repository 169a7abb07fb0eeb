"""Winze beside what people would otherwise use, measured in one run. `python -m benchmarks.run JOB --size small`."""
