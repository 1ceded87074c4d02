"""Scripts behind the figures, run from the root of the repository: `python -m bench.startup`, `.scaling`, `.docs`."""
