"""Train one variant for so many seconds of CPU time, and say what it costs on what was held out.

    python -m bench.nets.study DATA OUT gru-256 --seconds 120

One core, one order of the data. Learning rates rise over the first steps, stay, and fall to nothing over the last
part of the time. So nets that saw the same bytes at the same rates can be compared on the way, too: at `MARK` a mean
of the last weights is measured, and the clock stands still for that.
"""

from __future__ import annotations

import copy
import json
import math
import time
from collections.abc import Callable
from pathlib import Path
from typing import cast

import click
import numpy as np
import torch

from arcodec.training.batches import Batches
from arcodec.training.nets import ByteGru, tree_loss
from arcodec.training.train import by_category
from bench.nets.variants import Convolution, GramGru, Gru, Linear, Pair, TapGru, Variant

VARIANTS: dict[str, Callable[[], Variant]] = {
    **{f"gru-{width}": lambda width=width: Gru(width) for width in (176, 256, 384)},  # type: ignore[misc]
    "tap-gru-256": lambda: TapGru(256),
    "gram-gru-216": lambda: GramGru(216),
    "linear-1": lambda: Linear(222, 1),
    "linear-2": lambda: Linear(156, 2),
    "convolution": lambda: Convolution(90),
    "pair-176": lambda: Pair(176),
}
MARK = 4_000_000  # bytes seen
BATCH, LENGTH = 256, 64
_WARM_UP = 100  # steps
_FALL = 0.3  # of the time
_MEAN = 0.98  # decay of the mean of weights, a step


def share(step: int, part: float) -> float:
    """Of the learning rates, at a step and a part of the time."""
    return min(1.0, (step + 1) / _WARM_UP, max(0.02, (1 - part) / _FALL))


def optimizers(net: Variant, rate: float, muon: float) -> list[torch.optim.Optimizer]:
    """Muon for matrices, Adam for the rest."""
    chosen = {id(matrix) for matrix in net.matrices}
    rest = [parameter for parameter in net.parameters() if id(parameter) not in chosen]
    return [
        torch.optim.Muon(net.matrices, lr=muon, weight_decay=0.0),
        torch.optim.Adam(rest, lr=rate, betas=(0.9, 0.99)),
    ]


def held(net: Variant, data: Path) -> dict[str, float]:
    """Bits per byte by category, and their mean."""
    return {name: round(bits, 4) for name, bits in by_category(cast(ByteGru, net), data).items()}


@click.command()
@click.argument("data", type=click.Path(path_type=Path, exists=True))
@click.argument("out", type=click.Path(path_type=Path))
@click.argument("variant", type=click.Choice(list(VARIANTS)))
@click.option("--name", help="Of the result, if not the variant's.")
@click.option("--seconds", default=120.0, help="CPU time of the training.")
@click.option("--rate", default=16e-3, help="Learning rate of Adam.")
@click.option("--muon", default=0.06, help="Learning rate of Muon.")
@click.option("--seed", default=1)
def main(
    data: Path,
    out: Path,
    variant: str,
    name: str | None,
    seconds: float,
    rate: float,
    muon: float,
    seed: int,
) -> None:
    """Train VARIANT on DATA; write its weights to OUT/NAME.pt and a line to OUT/results.jsonl."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    out.mkdir(parents=True, exist_ok=True)
    net = VARIANTS[variant]()
    batches = Batches(data, BATCH, LENGTH, seed)
    steppers, rates = optimizers(net, rate, muon), (muon, rate)
    mean, state, spent, step, recent = copy.deepcopy(net), net.start(BATCH), 0.0, 0, math.nan
    marked: dict[str, float] = {}
    while spent < seconds:
        began = time.process_time()
        for stepper, value in zip(steppers, rates, strict=True):
            stepper.param_groups[0]["lr"] = value * share(step, spent / seconds)
        rows, begins = next(batches)
        symbols = torch.from_numpy(np.ascontiguousarray(rows.T)).long()
        state = torch.where(torch.from_numpy(begins)[:, None], 0.0, state.detach())
        stretches, state = net(symbols[:-1], state)
        loss = tree_loss(stretches, symbols[1:].reshape(-1))
        for stepper in steppers:
            stepper.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        for stepper in steppers:
            stepper.step()
        step += 1
        bits = float(loss.detach()) / math.log(2)
        recent = bits if math.isnan(recent) else _MEAN * recent + (1 - _MEAN) * bits
        kept = min(_MEAN, step / (step + 10))
        with torch.no_grad():
            for old, new in zip(mean.parameters(), net.parameters(), strict=True):
                old.lerp_(new, 1 - kept)
        spent += time.process_time() - began
        if 0 <= step * BATCH * LENGTH - MARK < BATCH * LENGTH and spent < (1 - _FALL) * seconds:
            marked = held(mean, data)
    result = {
        "net": name or variant,
        "parameters": sum(parameter.numel() for parameter in net.parameters()),
        "multiply_adds": net.multiply_adds,
        "MB": round(step * BATCH * LENGTH / 1e6, 2),
        "seconds": round(spent),
        "rate": rate,
        "muon": muon,
        "training": round(recent, 3),
        "at_mark": marked,
        "held_out": held(net, data),
    }
    torch.save({"variant": variant, "net": net.state_dict()}, out / f"{name or variant}.pt")
    click.echo(json.dumps(result))
    with (out / "results.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
