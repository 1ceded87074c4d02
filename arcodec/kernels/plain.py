"""Functions that a kernel calls for each pixel or decision.

A call passes arrays at no cost if nothing counts references to them: numba's counting is atomic, and its pruning
gives up on loops. So the loop of a kernel and all that it calls are compiled without (`_nrt=False`): they cannot
allocate, all their arrays come from outside.
"""

from __future__ import annotations

from numba import njit

plain = njit(nogil=True, _nrt=False)
