"""How kernels are compiled and cached.

numba's disk cache looks at the file that defines a function, not at what the function inlines from other files.
So the cache folder's name carries a hash of all kernel sources: a kernel can never run with stale parts.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast, get_type_hints

import numpy as np
import numpy.typing as npt
from numba import config as numba_config
from numba import int8, int16, int32, int64, njit, types, uint8, uint32, uint64

F = TypeVar("F", bound=Callable[..., Any])

# One-dimensional, C-contiguous arrays.
Int8s = npt.NDArray[np.int8]
Uint8s = npt.NDArray[np.uint8]
Int16s = npt.NDArray[np.int16]
Int32s = npt.NDArray[np.int32]
Int64s = npt.NDArray[np.int64]
Uint32s = npt.NDArray[np.uint32]
Uint64s = npt.NDArray[np.uint64]

# Both are Any for type checkers: settings are made at run time, and not all options are declared.
config: Any = numba_config
numba_jit: Any = njit


def _cache_folder() -> str:
    digest = hashlib.sha256()
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.name.encode() + b"\0" + source.read_bytes() + b"\0")
    base = config.CACHE_DIR or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA") or os.path.expanduser("~/.cache"),
        "arcodec",
    )
    return os.path.join(base, f"kernels-{digest.hexdigest()[:16]}")


CACHE_FOLDER = _cache_folder()

_FIELDS = {
    int: int64,
    Int8s: int8[::1],
    Uint8s: uint8[::1],
    Int16s: int16[::1],
    Int32s: int32[::1],
    Int64s: int64[::1],
    Uint32s: uint32[::1],
    Uint64s: uint64[::1],
}


def fields_type(fields: type[Any]) -> Any:
    """What a kernel's signature calls a NamedTuple, whose fields are of the types of `_FIELDS`."""
    return types.NamedTuple([_FIELDS[hint] for hint in get_type_hints(fields).values()], fields)


def kernel(signature: Any) -> Callable[[F], F]:
    """Decorator for the entry points: compiled at import for one signature, or loaded from the disk cache.

    `signature`: a string or one of numba's own.
    Kernels run without Python's global lock, so chunks can be coded by threads.
    """

    def decorate(function: F) -> F:
        outer = config.CACHE_DIR
        config.CACHE_DIR = CACHE_FOLDER
        try:
            return cast(F, numba_jit(signature, cache=True, nogil=True)(function))
        except (OSError, RuntimeError):  # no place to cache (read-only home): compile for this process only
            return cast(F, numba_jit(signature, nogil=True)(function))
        finally:
            config.CACHE_DIR = outer

    return decorate


def inline(function: F) -> F:
    """Decorator for what kernels are made of.

    Inlined by numba itself: a call, even one that LLVM inlines later, counts references of its array arguments.
    """
    return cast(F, numba_jit(inline="always")(function))


def plain(function: F) -> F:
    """Decorator for what a kernel calls often with arrays, and for a kernel's loop that calls such functions.

    Compiled without reference counts, which are atomic and which numba prunes only partly; such functions cannot
    allocate, so all their arrays come from outside. A third of the time of the pixel model.
    """
    return _without_counts(function)


def inlined(function: F) -> F:
    """As `plain`, for what is small or called from one place: LLVM inlines it wherever it is called.

    Left to itself LLVM calls functions of many arrays, and each array is seven arguments by way of the stack.
    """
    return _without_counts(function, forceinline=True)


def _without_counts(function: F, **options: bool) -> F:
    try:
        return cast(F, numba_jit(nogil=True, _nrt=False, **options)(function))
    except (KeyError, TypeError):  # numba does not promise these options; without them the result is the same, later
        return cast(F, numba_jit(nogil=True)(function))
