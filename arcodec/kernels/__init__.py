"""Numba kernels: integers only. Importing a kernel module compiles it, or loads it from numba's disk cache."""
