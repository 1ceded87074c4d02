"""Measuring scripts, run from the root of the repository: `python -m bench.compare`, `.startup`, `.threads`."""
