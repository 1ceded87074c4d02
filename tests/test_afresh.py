"""Kernels compiled afresh, for a plain processor without vector units: no floats inside, and the same files.

Run as a module, it prints what the test looks at.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

import arcodec
from tests.make_vectors import GOLDEN, OLD, VECTORS, golden

KERNELS = sorted(path.stem for path in (Path(arcodec.__file__).parent / "kernels").glob("*.py"))
ENVIRONMENT = {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": "", "NUMBA_DISABLE_INTEL_SVML": "1"}


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """What this module prints with an empty kernel cache."""
    environment = os.environ | ENVIRONMENT | {"NUMBA_CACHE_DIR": str(tmp_path_factory.mktemp("cache"))}
    command = [sys.executable, "-m", "tests.test_afresh"]
    root = Path(__file__).parent.parent
    result = subprocess.run(command, capture_output=True, text=True, check=True, env=environment, cwd=root)
    return set(result.stdout.splitlines())


def test_no_kernel_has_floats(lines: set[str]) -> None:
    """numba turns some mixed integer types into float64 silently; the compiled code shows it."""
    kernels = {line for line in lines if line.startswith("kernel ")}
    assert {"kernel bytes.run []", "kernel pixels.run []", "kernel order0.run []", "kernel port.finish []"} <= kernels
    assert [line for line in kernels if not line.endswith(" []")] == []


@pytest.mark.parametrize("name", [name for name in GOLDEN if name not in OLD])
def test_the_same_files_on_another_processor(name: str, lines: set[str]) -> None:
    assert f"file {name} {_digest((VECTORS / f'{name}.arcz').read_bytes())}" in lines


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _print_kernels() -> None:
    for name in KERNELS:
        for value in vars(importlib.import_module(f"arcodec.kernels.{name}".removesuffix(".__init__"))).values():
            for signature in getattr(value, "signatures", None) or []:
                code = value.inspect_llvm(signature).splitlines()
                floats = [line for line in code if " double" in line or " float" in line or "fp " in line]
                print(f"kernel {name}.{value.py_func.__name__} {floats[:1]}")


def _print_files() -> None:
    for name in GOLDEN:
        data, options = golden(name)
        print(f"file {name} {_digest(arcodec.compress(data, **options))}")  # type: ignore[arg-type]


if __name__ == "__main__":
    _print_kernels()
    _print_files()
