"""What trained variants are worth together: with each other on what was held out, and beside the byte model.

    python -m bench.nets.mixing DATA OUT --sets gru-256+seed-2 --beside gru-256,linear-2

reads OUT/NAME.pt. Nets are mixed online: weights by node of the tree, from even ones, anew for each document. Beside
the byte model a net is one more input of its mixer, as the shipped net is; the kernel is called a byte at a time,
with a net that says what was traced.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import click
import numpy as np
import torch
from numba import njit
from numpy.typing import NDArray

from arcodec.kernels import net as kernel_net
from arcodec.kernels import port as ports
from arcodec.kernels.bytes import run
from arcodec.kernels.fixed import STRETCH_MAX
from arcodec.kernels.tables import fresh_tables
from arcodec.kernels.tier import Tier, with_extra
from arcodec.models import generation2, tiers
from arcodec.models.bytes import Bytes, prior_text
from arcodec.training.batches import held_out
from arcodec.training.data import load
from arcodec.training.nets import path
from bench.nets.study import VARIANTS
from bench.nets.variants import Variant

Stretches = NDArray[np.float32]
# Kinds of samples, and the prior that helps each.
PROSE, MARKUP = generation2.PRIORS
PRIORS = {"prose_en": PROSE, "html_xml": MARKUP, "json_csv": MARKUP, "code": MARKUP}
SAMPLE, SAMPLES = 1 << 16, 2  # bytes of a sample, and how many of each category
TAIL = 1 << 16  # bytes of a prior that are mixed, not only taught
STEP = 0.02
_PART = 256
_jit: Any = njit


def load_net(checkpoint: Path) -> Variant:
    """A net as `bench.nets.study` kept it."""
    kept = torch.load(checkpoint, map_location="cpu")
    net = VARIANTS[kept["variant"]]()
    net.load_state_dict(kept["net"])
    return net


@torch.no_grad()
def traced(net: Variant, documents: NDArray[np.uint8]) -> Stretches:
    """What a net says on the way to each symbol of uint8[n, length], from the beginning: float32[n, length, 8]."""
    symbols = torch.from_numpy(np.ascontiguousarray(documents.T)).long()
    before = torch.cat([torch.zeros_like(symbols[:1]), symbols[:-1]])
    state, parts = net.start(len(documents)), []
    for first in range(0, len(symbols), _PART):
        part = symbols[first : first + _PART]
        said, state = net(before[first : first + _PART], state)
        nodes, _ = path(part.reshape(-1))
        parts.append(said.gather(1, nodes).float().view(*part.shape, 8))
    return torch.cat(parts).transpose(0, 1).contiguous().numpy()


@_jit(cache=False)
def mixed_bits(said, symbols, step):  # type: ignore[no-untyped-def]
    """Bits of a document, uint8[length], by stretches float32[nets, length, 8]: even mixture; mixed online."""
    nets = len(said)
    weights = np.full((256, nets), 1.0 / nets)
    even = online = 0.0
    for i in range(len(symbols)):
        node = 1
        for j in range(8):
            bit = (int(symbols[i]) >> (7 - j)) & 1
            x = y = 0.0
            for k in range(nets):
                x += said[k, i, j] * weights[node, k]
                y += said[k, i, j] / nets
            online += math.log1p(math.exp(-x if bit else x))
            even += math.log1p(math.exp(-y if bit else y))
            error = bit - 1 / (1 + math.exp(-x))
            for k in range(nets):
                weights[node, k] += step * error * said[k, i, j]
            node = 2 * node + bit
    return even / math.log(2), online / math.log(2)


def together(nets: Sequence[Variant], data: Path) -> dict[str, dict[str, float]]:
    """Bits per byte of what was held out, by category and in the mean, by an even mixture and by an online one."""
    documents, categories = held_out(data)
    said = np.stack([traced(net, documents) for net in nets])
    each = [np.array(mixed_bits(said[:, k], symbols, STEP)) / len(symbols) for k, symbols in enumerate(documents)]
    result: dict[str, dict[str, float]] = {"even": {}, "online": {}}
    for kind, values in zip(result, np.array(each).T, strict=True):
        for name in dict.fromkeys(categories):
            values_here = [value for value, c in zip(values, categories, strict=True) if c == name]
            result[kind][name] = round(float(np.mean(values_here)), 4)
        result[kind]["mean"] = round(float(np.mean(list(result[kind].values()))), 4)
    return result


# --- beside the byte model ---


def samples(data: Path) -> dict[str, NDArray[np.uint8]]:
    """uint8[SAMPLES, SAMPLE] of each category of `PRIORS`, from what was held out."""
    content, index, _ = load(data, "held")
    names = json.loads((data / "report.json").read_text(encoding="utf-8"))["categories"]
    chosen = {}
    for name in PRIORS:
        pieces = index[index[:, 2] == names.index(name)]
        first, last = int(pieces[0, 0]), int(pieces[-1, :2].sum())
        starts = [first + (last - first - SAMPLE) * (2 * k + 1) // (2 * SAMPLES) for k in range(SAMPLES)]
        chosen[name] = np.stack([content[start : start + SAMPLE] for start in starts])
    return chosen


def _replaying() -> kernel_net.Net:
    """A net whose state stays 0, so that it says its head's biases."""
    width = kernel_net.BLOCK
    gates = kernel_net.GATES * width
    arrays: dict[str, NDArray[Any]] = {
        "given": np.zeros((256, gates), np.int8),
        "recurrent": np.zeros((gates, width), np.int8),
        "head": np.zeros((256, width), np.int8),
        "recalled_bias": np.zeros(width, np.int32),
        "head_bias": np.zeros(256, np.int32),
    }
    steps = {"given_step": gates, "recurrent_step": gates, "head_step": 256}
    return kernel_net.ready(arrays | {name: np.zeros(size, np.int32) for name, size in steps.items()})


@_jit(cache=False)
def _replay(port, words, costs, symbols, begin, stop, mixed, said, first, tier, tables, net, biases):  # type: ignore[no-untyped-def]
    """Code symbols[begin:stop], said[i - first] being what the net says of symbol i; returns the cost."""
    total = 0
    for i in range(begin, stop):
        node = 1
        for j in range(8):
            if i >= first:
                biases[node] = said[i - first, j]
            node = 2 * node + ((int(symbols[i]) >> (7 - j)) & 1)
        run(port, words, costs, symbols, i, i + 1, mixed, tier, tables, net)
        total += costs[0]
    return total


def beside(tier: Tier, symbols: NDArray[np.uint8], said: Stretches | None, prior: NDArray[np.uint8]) -> float:
    """Bytes of `symbols` by a tier of the byte model, primed by a text, with a net that said float32[n, 8] of both.

    The net's part begins TAIL bytes before the end of the prior.
    """
    joined, port = np.concatenate([prior, symbols]), ports.meter()
    words, costs = np.zeros(0, np.uint32), np.zeros(1, np.uint32)
    net = kernel_net.ready(None) if said is None else _replaying()
    tier = tier if said is None else with_extra(tier, 1)
    tier = Bytes(tier)._short if len(prior) else tier
    tables, mixed = fresh_tables(tier, len(joined)), max(len(prior) - TAIL, 0)
    scaled = np.zeros((0, 8), np.int32)
    if said is not None:
        scaled = np.clip(np.round(said * 256), -STRETCH_MAX, STRETCH_MAX).astype(np.int32)
    first = len(joined) - len(scaled) if len(scaled) else len(joined)
    rest = (port, words, costs, joined)
    _replay(*rest, 0, len(prior), mixed, scaled, first, tier, tables, net, net.head_bias)
    total = _replay(*rest, len(prior), len(joined), mixed, scaled, first, tier, tables, net, net.head_bias)
    return float(total) / (1 << ports.COST_SCALE) / 8


def gains(names: Sequence[str], out: Path, data: Path) -> None:
    """Print what each net saves beside tiers of the byte model, in percent by category, and append it to OUT."""
    chosen = samples(data)
    documents = np.concatenate(list(chosen.values()))
    priors = {prior: prior_text(prior) for prior in dict.fromkeys(PRIORS.values())}
    tails = np.stack([text[-TAIL:] for text in priors.values()])
    kinds = {"default": (tiers.DEFAULT, False), "default, prior": (tiers.DEFAULT, True), "max": (tiers.MAX, False)}
    plain: dict[str, list[float]] = {}
    for name in ["", *names]:
        said = tail = None
        if name:
            traces = [
                traced(load_net(out / f"{part}.pt"), np.concatenate([documents, tails])) for part in name.split("+")
            ]
            both: Stretches = np.stack(traces).mean(0, dtype=np.float32)
            said, tail = both[: len(documents)], dict(zip(priors, both[len(documents) :], strict=True))
        for kind, (tier, primed) in kinds.items():
            sizes = []
            for k, category in enumerate(chain.from_iterable([c] * SAMPLES for c in chosen)):
                prior = priors[PRIORS[category]] if primed else np.zeros(0, np.uint8)
                here: Stretches | None = None
                if said is not None and tail is not None:
                    here = np.concatenate([tail[PRIORS[category]], said[k]]) if primed else said[k]
                sizes.append(beside(tier, documents[k], here, prior))
            plain.setdefault(kind, sizes)
            parts = np.array(sizes).reshape(-1, SAMPLES).sum(1)
            change = 100 * (parts / np.array(plain[kind]).reshape(-1, SAMPLES).sum(1) - 1)
            result = {"beside": kind, "net": name or "none", "bytes": round(sum(sizes))}
            result |= {"mean": round(float(change.mean()), 2)}
            result |= {category: round(float(value), 2) for category, value in zip(chosen, change, strict=True)}
            _note(out, result)


def _note(out: Path, result: dict[str, Any]) -> None:
    click.echo(json.dumps(result))
    with (out / "mixing.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(result) + "\n")


@click.command()
@click.argument("data", type=click.Path(path_type=Path, exists=True))
@click.argument("out", type=click.Path(path_type=Path, exists=True))
@click.option("--sets", default="", help="Sets of nets to mix with each other: a+b,c+d.")
@click.option("--beside", "alone", default="", help="Nets, or sets of them, to mix with the byte model.")
def main(data: Path, out: Path, sets: str, alone: str) -> None:
    """Mix nets of OUT on held-out DATA; append results to OUT/mixing.jsonl."""
    torch.set_num_threads(1)
    for names in filter(None, sets.split(",")):
        nets = [load_net(out / f"{name}.pt") for name in names.split("+")]
        _note(out, {"nets": names, **together(nets, data)})
    if alone:
        gains(alone.split(","), out, data)


if __name__ == "__main__":
    main()
