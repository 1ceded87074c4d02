"""What a model file of `adapted-bytes-1` holds, checked so that no kernel can read beyond its tables.

size         int64[1]            bytes of the sample, 1 ... MOST
sample       uint8[n]            the sample, as the model itself codes it
prior        uint8[6]            the first bytes of the SHA-256 of a prior text of the package; absent: none
start        uint8[6]            the same of a start of the package, or start.NAME for each array of a start
                                 (`arcodec.models.start`); absent: none
net          uint8[6]            the same of a net of the package, or net.NAME for each array of a net
                                 (`arcodec.kernels.net`); absent: none
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from arcodec.errors import ModelFileError
from arcodec.kernels import apm
from arcodec.kernels.mixer import WEIGHT_MAX
from arcodec.kernels.net import BLOCK, STEP_MAX, WIDTH_MAX
from arcodec.kernels.tables import Tables, fresh_tables
from arcodec.kernels.tier import Tier, rows
from arcodec.models import generation2
from arcodec.models import start as starts
from arcodec.models.bytes import packaged_arrays

Arrays = Mapping[str, npt.NDArray[np.integer[Any]]]

MOST = 1 << 22  # bytes of a sample: reading it takes a minute at most
GROWTH = 8  # times its size that a coded sample may take: noise takes a little more than its size
PRIORS, STARTS, NETS = generation2.PRIORS, (generation2.START,), (generation2.NET,)
_DIGITS = 12  # of a packaged file's SHA-256, in its name
_BIAS_MAX = 1 << 24  # of a net, so that sums stay within int32


@dataclass(frozen=True)
class Parameters:
    """What a model file says.

    Attributes:
        size: bytes of the sample.
        sample: its payload.
        prior: name of a text in the package, or None.
        start, net: name of a file in the package, the file's own arrays, or None.
    """

    size: int = 0
    sample: bytes = b""
    prior: str | None = None
    start: str | Arrays | None = None
    net: str | Arrays | None = None

    def net_arrays(self) -> Arrays | None:
        """The arrays of the net."""
        return packaged_arrays(self.net) if isinstance(self.net, str) else self.net

    def begin(self, tables: Tables) -> None:
        """Let tables that have studied begin with the start."""
        if self.start is not None:
            starts.begin(tables, packaged_arrays(self.start) if isinstance(self.start, str) else self.start)

    def arrays(self) -> dict[str, npt.NDArray[np.integer[Any]]]:
        """What `read` makes the parameters of."""
        out: dict[str, npt.NDArray[np.integer[Any]]] = {
            "size": np.array([self.size], np.int64),
            "sample": np.frombuffer(self.sample, np.uint8),
        }
        for key, value in (("prior", self.prior), ("start", self.start), ("net", self.net)):
            if isinstance(value, str):
                out[key] = np.frombuffer(bytes.fromhex(value[-_DIGITS:]), np.uint8)
            elif value is not None:
                out |= {f"{key}.{name}": array for name, array in value.items()}
        return out


def read(arrays: Arrays, tier: Tier) -> Parameters:
    """The parameters in the arrays of a model file.

    Raises:
        ModelFileError: an array is missing, unknown, or not what it should be.
    """
    rest = dict(arrays)
    size = int(_take(rest, "size", np.int64, (1,), 1, MOST)[0])
    sample = rest.pop("sample", np.zeros((), np.uint8))
    _require(sample.dtype == np.uint8 and sample.ndim == 1 and 0 < sample.size <= GROWTH * size + 256, "sample")
    own = {key: {name.removeprefix(f"{key}."): rest.pop(name) for name in list(rest) if name.startswith(f"{key}.")}
           for key in ("start", "net")}  # fmt: skip
    parameters = Parameters(
        size,
        sample.tobytes(),
        _named(rest, "prior", PRIORS),
        _named(rest, "start", STARTS) or _checked_start(own["start"], tier),
        _named(rest, "net", NETS) or _checked_net(own["net"]),
    )
    if rest:
        raise ModelFileError(f"the model file holds arrays that an adapted model has not: {', '.join(sorted(rest))}")
    return parameters


def fitting(values: npt.NDArray[np.integer[Any]]) -> npt.NDArray[np.int8]:
    """The rows of an APM in a start, int8[k, STRIDE], cut to what keeps its probabilities within 0 ... 2**22 - 1."""
    curve = apm._CURVE.astype(np.int64)
    low, high = -(curve >> starts.APM), ((1 << 22) - 1 - curve) >> starts.APM
    cut: npt.NDArray[np.int8] = np.clip(values, low, high).astype(np.int8)
    return cut


def _require(right: bool, name: str) -> None:
    if not right:
        raise ModelFileError(f"the array {name!r} of the model file is not what an adapted model has")


def _take(
    rest: dict[str, npt.NDArray[np.integer[Any]]],
    name: str,
    kind: type[np.integer[Any]],
    shape: Sequence[int],
    least: int | None = None,
    most: int | None = None,
) -> npt.NDArray[Any]:
    """An array of this dtype, shape and range; C order."""
    array = rest.pop(name, None)
    right = array is not None and array.dtype == kind and array.shape == tuple(shape)
    if right and array is not None and array.size:
        right = (least is None or int(array.min()) >= least) and (most is None or int(array.max()) <= most)
    _require(right, name)
    return np.ascontiguousarray(array)


def _named(rest: dict[str, npt.NDArray[np.integer[Any]]], key: str, names: Sequence[str]) -> str | None:
    """The packaged file that an array names."""
    if key not in rest:
        return None
    digits = _take(rest, key, np.uint8, (_DIGITS // 2,)).tobytes().hex()
    found = [name for name in names if name.endswith(digits)]
    if not found:
        raise ModelFileError(
            f"the model file needs the {key} {digits}, which this version has not: install a newer one"
        )
    return found[0]


def _checked_net(own: dict[str, npt.NDArray[np.integer[Any]]]) -> Arrays | None:
    """A net of the file's own."""
    if not own:
        return None
    width = own["recalled_bias"].size if "recalled_bias" in own else 0
    _require(0 < width <= WIDTH_MAX and width % BLOCK == 0, "net.recalled_bias")
    net = {"recalled_bias": _take(own, "recalled_bias", np.int32, (width,), -_BIAS_MAX, _BIAS_MAX)}
    for name, shape, steps in (
        ("given", (256, 3 * width), 3 * width),
        ("recurrent", (3 * width, width), 3 * width),
        ("head", (256, width), 256),
    ):
        net[name] = _take(own, name, np.int8, shape, -127)
        net[f"{name}_step"] = _take(own, f"{name}_step", np.int32, (steps,), 0, STEP_MAX)
    net["head_bias"] = _take(own, "head_bias", np.int32, (256,))
    _require(not own, f"net.{next(iter(own), '')}")
    return net


def _checked_start(own: dict[str, npt.NDArray[np.integer[Any]]], tier: Tier) -> Arrays | None:
    """A start of the file's own, for a tier."""
    if not own:
        return None
    fresh = fresh_tables(tier, 1 << 16)
    start = {name: _take(own, name, np.uint32, getattr(fresh, name).shape) for name in ("states", "runs", "matches")}
    start["order0"] = _take(own, "order0", np.int32, (256,), 0, (1 << 16) - 1)
    counts = {"rows": rows(tier.sets), "final_rows": rows(tier.finals), "apm_rows": len(fresh.apm) // apm.STRIDE}
    for name, count in counts.items():
        length = own[name].size if name in own else 0
        start[name] = _take(own, name, np.int32, (length,), 0, count - 1)
    used = len(start["rows"])
    start["visits"] = _take(own, "visits", np.int32, (used,), 0, starts.VISITS)
    start["weights"] = _take(own, "weights", np.int8, (used, tier.width))
    start["final"] = _take(own, "final", np.int16, (len(start["final_rows"]), tier.final_width))
    even = (1 << 16) // len(tier.sets)
    _require(int(start["final"].max(initial=0)) <= (WEIGHT_MAX - even) >> starts.FINAL, "final")
    start["apm"] = _take(own, "apm", np.int8, (len(start["apm_rows"]), apm.STRIDE))
    _require(bool((start["apm"] == fitting(start["apm"])).all()), "apm")
    _require(not own, f"start.{next(iter(own), '')}")
    return start
