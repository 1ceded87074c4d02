"""What the house promises about itself: public names, integers in kernels, no torch, light start-up."""

from __future__ import annotations

import ast
import doctest
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import arcodec

PACKAGE = Path(arcodec.__file__).parent
KERNELS = sorted(path.stem for path in (PACKAGE / "kernels").glob("*.py") if path.stem != "__init__")


def test_public_names_are_sorted_and_there() -> None:
    assert arcodec.__all__ == sorted(arcodec.__all__, key=str)
    for name in arcodec.__all__:
        assert hasattr(arcodec, name)
    public = {name for name in vars(arcodec) if not name.startswith("_")} - set(arcodec.__all__)
    modules = {name for name in public if isinstance(getattr(arcodec, name), type(sys))}
    assert public - modules == {"annotations"}


def test_the_package_docstring_runs() -> None:
    assert doctest.testmod(arcodec).failed == 0


@pytest.mark.parametrize("name", KERNELS)
def test_kernel_sources_have_no_float(name: str) -> None:
    """No float literal, no true division, no float dtype, no math module: at import, too."""
    for node in ast.walk(ast.parse((PACKAGE / "kernels" / f"{name}.py").read_text())):
        where = ast.dump(node)
        assert not (isinstance(node, ast.Constant) and isinstance(node.value, float | complex)), where
        assert not (isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div)), where
        words = {getattr(node, "id", ""), getattr(node, "attr", "")}
        assert not any("float" in word or "double" in word for word in words), where
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = {alias.name for alias in node.names} | {getattr(node, "module", "") or ""}
            assert not names & {"math", "cmath", "scipy"}, where


def _run(code: str) -> str:
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=PACKAGE.parent).stdout


def test_the_codec_never_imports_torch() -> None:
    code = (
        "import arcodec, sys; d = arcodec.compress(b'x' * 99 + bytes(range(99)));"
        "arcodec.decompress(d); print('torch' in sys.modules)"
    )
    assert _run(code).strip() == "False"


def test_files_are_the_same_without_constriction() -> None:
    """Its wheels do not reach every platform."""
    code = """
import sys
sys.modules["constriction"] = None
import arcodec
from tests.make_vectors import GOLDEN, OLD, VECTORS, golden
for name in GOLDEN:
    data, options = golden(name)
    packed = (VECTORS / f"{name}.arcz").read_bytes()
    assert arcodec.decompress(packed) == data, name
    assert name in OLD or arcodec.compress(data, **options) == packed, name
print("all the same")
"""
    assert _run(code).strip() == "all the same"


def test_listing_and_header_errors_import_neither_numba_nor_numpy() -> None:
    packed = arcodec.compress(b"to be or not to be" * 9, model="order0")
    code = f"""
import arcodec, sys
arcodec.info({packed!r})
for bad in (b"", b"no", {packed[:30]!r}):
    try:
        arcodec.info(bad)
    except arcodec.ArcodecError:
        pass
print(sorted({{"numba", "numpy", "torch", "click", "rich"}} & set(sys.modules)))
"""
    assert _run(code).strip() == "[]"


def test_files_have_a_docstring_and_are_not_long() -> None:
    for path in sorted(PACKAGE.rglob("*.py")):
        text = path.read_text()
        assert ast.get_docstring(ast.parse(text)), path
        assert text.count("\n") <= 450, path


def test_slots_of_ports_are_where_threads_looks() -> None:
    from arcodec import threads
    from arcodec.kernels import port

    assert (threads._POSITION, threads._DONE, threads._HALT) == (port.POSITION, port.DONE, port.HALT)


def test_the_tutorial_shows_the_code_as_it_is() -> None:
    blocks = (PACKAGE.parent / "README.md").read_text().split("```python\n")[1:]
    kernel, model = (block.split("```")[0] for block in blocks if "Order0" in block or "@kernel" in block)
    assert kernel in (PACKAGE / "kernels" / "order0.py").read_text()
    source = (PACKAGE / "models" / "order0.py").read_text()
    for line in model.splitlines():
        assert line in source
    (net,) = (block.split("```")[0] for block in blocks if "a: Arithmetic" in block)
    assert net in (PACKAGE / "nets" / "gru.py").read_text()


def test_the_default_level_is_the_same_everywhere() -> None:
    from arcodec.compressor import DEFAULT_LEVEL, Options

    assert Options().level == DEFAULT_LEVEL == inspect.signature(arcodec.compress).parameters["level"].default
