"""Maximum likelihood training of the byte net.

    python -m arcodec.training.train DATA OUT --width 384 --steps 24000

A run is determined by its options and the seed. It keeps a checkpoint in OUT, goes on from there when it is started
again, and stops after `--minutes` if told so: a long run may be made of short pieces, on any device.
"""

from __future__ import annotations

import json
import math
import time
from pathlib import Path
from typing import Any

import click
import numpy as np
import torch
from numpy.typing import NDArray

from arcodec.training.batches import Batches, held_out
from arcodec.training.nets import ByteGru, costs, load, tree_loss

_EVERY = 250  # steps between two lines of the record
_KEEP = 1000  # steps between two checkpoints
_WARM_UP = 300  # steps
_PART = 256  # symbols of a document evaluated together
_LAST = 0.02  # the learning rates at the end, of those at the beginning


def _time_major(rows: NDArray[np.uint8], device: str) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(rows.T)).to(device).long()


@torch.no_grad()
def bits(net: ByteGru, documents: NDArray[np.uint8], device: str = "cpu") -> NDArray[np.float64]:
    """Bits per symbol of each document, uint8[n, length], each from the first symbol on: float64[n]."""
    symbols = _time_major(documents, device)
    before = torch.cat([torch.zeros_like(symbols[:1]), symbols[:-1]])
    state, total = net.start(len(documents)), torch.zeros(len(documents), dtype=torch.float64, device=device)
    for begin in range(0, len(symbols), _PART):
        part = symbols[begin : begin + _PART]
        stretches, state = net(before[begin : begin + _PART], state)
        total += costs(stretches, part.reshape(-1)).view(part.shape).sum(0)
    answer: NDArray[np.float64] = (total / len(symbols) / math.log(2)).cpu().numpy()
    return answer


def by_category(net: ByteGru, data: Path, device: str = "cpu") -> dict[str, float]:
    """Bits per symbol of what was held out, by category; "mean" is the mean of the categories."""
    documents, categories = held_out(data)
    each = bits(net, documents, device)
    names = list(dict.fromkeys(categories))
    result = {name: float(np.mean(each[[c == name for c in categories]])) for name in names}
    return result | {"mean": float(np.mean(list(result.values())))}


def _optimizers(net: ByteGru, rate: float, muon: float) -> list[torch.optim.Optimizer]:
    """Adam for tables and biases; for the recurrent matrices Muon (Jordan 2024), which takes fewer steps."""
    matrices = list(net.recurrent)
    others = [p for p in net.parameters() if all(p is not m for m in matrices)]
    if not muon:
        return [torch.optim.Adam([*others, *matrices], lr=rate, betas=(0.9, 0.99))]
    return [
        torch.optim.Adam(others, lr=rate, betas=(0.9, 0.99)),
        torch.optim.Muon(matrices, lr=muon, weight_decay=0.0),
    ]


def _share(step: int, steps: int) -> float:
    """Of the learning rates, at a step: up over the first ones, then down in a straight line."""
    return min(1.0, (step + 1) / _WARM_UP) * (_LAST + (1 - _LAST) * (1 - step / steps))


@click.command()
@click.argument("data", type=click.Path(path_type=Path, exists=True))
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--width", default=384, help="Units of the recurrent layer, a multiple of 64.")
@click.option("--narrower", type=click.Path(path_type=Path, exists=True), help="Checkpoint of a net to begin from.")
@click.option("--steps", default=24000, help="Steps of the whole run.")
@click.option("--rounded", default=2000, help="Of these, the last ones are taken with the integer net's rounding.")
@click.option("--batch", default=256, help="Documents side by side.")
@click.option("--length", default=64, help="Symbols of each document in a step.")
@click.option("--rate", default=14e-3, help="Learning rate of Adam.")
@click.option("--muon", default=0.0, help="Learning rate of Muon for the matrices; 0 uses Adam for them, too.")
@click.option("--seed", default=1)
@click.option("--minutes", default=math.inf, help="Stop after so long; the next start goes on.")
@click.option("--threads", default=1, help="Of the CPU.")
@click.option("--device", default="cpu")
def main(
    data: Path,
    out: Path,
    width: int,
    narrower: Path | None,
    steps: int,
    rounded: int,
    batch: int,
    length: int,
    rate: float,
    muon: float,
    seed: int,
    minutes: float,
    threads: int,
    device: str,
) -> None:
    """Train a net on DATA (written by arcodec.training.data) and keep it in OUT."""
    torch.set_num_threads(threads)
    torch.manual_seed(seed)
    out.mkdir(parents=True, exist_ok=True)
    record, checkpoint = out / "record.jsonl", out / "checkpoint.pt"
    net = ByteGru(width)
    if narrower:
        net.take(load(narrower))
    net.to(device)
    optimizers = _optimizers(net, rate, muon)
    rates = [optimizer.param_groups[0]["lr"] for optimizer in optimizers]
    batches = Batches(data, batch, length, seed)
    state, first, spent = net.start(batch), 0, 0.0
    if checkpoint.exists():
        kept: dict[str, Any] = torch.load(checkpoint, map_location=device)
        net.load_state_dict(kept["net"])
        for optimizer, values in zip(optimizers, kept["optimizers"], strict=True):
            optimizer.load_state_dict(values)
        batches.restore(kept["batches"])
        state, first, spent = kept["state"], kept["step"], kept["seconds"]
    began, losses = time.monotonic(), []

    def keep(step: int) -> None:
        seconds = spent + time.monotonic() - began
        values = {
            "net": net.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in optimizers],
            "state": state,
            "batches": batches.state(),
            "step": step,
            "seconds": seconds,
        }
        torch.save(values, checkpoint.with_suffix(".new"))
        if checkpoint.exists():
            checkpoint.replace(checkpoint.with_suffix(".before"))
        checkpoint.with_suffix(".new").replace(checkpoint)

    def note(**fields: Any) -> None:
        line = json.dumps({"seconds": round(spent + time.monotonic() - began), **fields})
        click.echo(line)
        with record.open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    for step in range(first, steps):
        net.rounded = step >= steps - rounded
        for optimizer, value in zip(optimizers, rates, strict=True):
            optimizer.param_groups[0]["lr"] = value * _share(step, steps)
        rows, begins = next(batches)
        symbols = _time_major(rows, device)
        state = torch.where(torch.from_numpy(begins).to(device)[:, None], 0.0, state.detach())
        stretches, state = net(symbols[:-1], state)
        loss = tree_loss(stretches, symbols[1:].reshape(-1))
        for optimizer in optimizers:
            optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        for optimizer in optimizers:
            optimizer.step()
        losses.append(loss.detach())
        late = time.monotonic() - began > 60 * minutes
        if (step + 1) % _EVERY == 0:
            note(step=step + 1, bits=round(float(torch.stack(losses[-_EVERY:]).mean()) / math.log(2), 4))
            losses.clear()
        if (step + 1) % _KEEP == 0 or late or step + 1 == steps:
            keep(step + 1)
        if late:
            return
    if first < steps:
        note(step=steps, held_out={name: round(value, 4) for name, value in by_category(net, data, device).items()})


if __name__ == "__main__":
    main()
