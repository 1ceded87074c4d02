"""The machine that measures and the program that is measured, as facts for a record."""

from __future__ import annotations

import ctypes
import gc
import hashlib
import importlib.metadata
import os
import platform
import subprocess
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import arcodec

_PACKAGE = Path(arcodec.__file__).parent
_NOT_CODING = {"bench", "cli"}  # folders of the package that decide neither a size nor a speed


def facts() -> dict[str, Any]:
    """Processor, cores that this process may use, memory in bytes, system, and the versions that matter for speed."""
    return {
        "cpu": _cpu(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory": _of_machine(),
        "system": platform.platform(),
        "python": platform.python_version(),
        **{name: importlib.metadata.version(name) for name in ("numpy", "numba", "llvmlite")},
    }


@cache
def sources() -> str:
    """Of which sources this program is: 8 hex digits of a sha256 over all that decide a size or a speed."""
    digest = hashlib.sha256()
    for path in sorted(_PACKAGE.rglob("*")):
        below = path.relative_to(_PACKAGE)
        if below.parts[0] not in _NOT_CODING and path.suffix in (".py", ".safetensors"):
            data = path.read_bytes()
            digest.update(b"%s\0%d\0" % (below.as_posix().encode(), len(data)) + data)
    return digest.hexdigest()[:8]


def version() -> str:
    """The version of this package, and of which sources."""
    return f"{arcodec.__version__}, sources {sources()}"


def commit() -> str:
    """The commit of the checkout that this package lies in, "-dirty" if changed since; "" outside of one."""
    command = ["git", "--no-optional-locks", "describe", "--always", "--dirty", "--exclude=*"]
    try:
        tracked = ["git", "--no-optional-locks", "ls-files", "--error-unmatch", arcodec.__file__]
        for arguments in (tracked, command):
            run = subprocess.run(arguments, cwd=_PACKAGE, capture_output=True, text=True, check=True)
        return run.stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def peak_memory() -> int:
    """Bytes of memory that this process has had at most since it began, or since `forget_peak`.

    Linux has the number for this very program in /proc; getrusage would include the process that started it.
    """
    status = _linux_status()
    if "VmHWM" in status:
        return status["VmHWM"]
    try:
        import resource
    except ImportError:  # Windows
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak << 10


def memory() -> int:
    """Bytes of memory that this process has now; 0 where the system does not say."""
    return _linux_status().get("VmRSS", 0)


def forget_peak() -> None:
    """Let `peak_memory` count from now on, where the system can do that (Linux).

    What the allocator keeps of earlier work is given back first, where it can be asked to (glibc).
    """
    gc.collect()
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def _linux_status() -> dict[str, int]:
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return {}
    return {line.split(":")[0]: int(line.split()[1]) << 10 for line in lines if line.endswith(" kB")}


def pin() -> int | None:
    """Keep this process and its children on one core, where the system allows; returns its number."""
    if not hasattr(os, "sched_setaffinity"):
        return None
    core = max(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    return core


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(": ", 1)[1] for line in lines if line.startswith("model name") and ": " in line]
    return names[0] if names else platform.processor() or platform.machine()


def _of_machine() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 0
