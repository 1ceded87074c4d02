"""From a trained net to the integer net that codes.

    python -m arcodec.training.export CHECKPOINT OUT --command "..."

writes a model file (`arcodec.models.store`) with the arrays that `arcodec.kernels.net` names, and says what they are.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import click
import numpy as np
import torch
from numpy.typing import NDArray

from arcodec.kernels.net import PRE_SCALE, STEP_MAX, STEP_SCALE
from arcodec.models import store
from arcodec.training.nets import GATES, WEIGHT_MAX, ByteGru, load

Arrays = dict[str, NDArray[np.integer[Any]]]


def _rows(weight: torch.Tensor) -> tuple[NDArray[np.int8], NDArray[np.int32]]:
    """int8 of float[outputs, inputs], and what a unit of each row is worth in 1 / STEP_SCALE: int32[outputs]."""
    values = weight.detach().double().cpu().numpy()
    worth = np.maximum(np.abs(values).max(1), 1e-8) / WEIGHT_MAX
    steps = np.clip(np.round(worth * STEP_SCALE), 1, STEP_MAX)
    return np.clip(np.round(values / worth[:, None]), -127, 127).astype(np.int8), steps.astype(np.int32)


def integers(net: ByteGru) -> Arrays:
    """The arrays of the integer net, as `arcodec.kernels.net` describes them."""
    given, given_step = _rows(net.given.t())
    recurrent, recurrent_step = _rows(torch.cat(list(net.recurrent)))
    head, head_step = _rows(net.head)
    bias = net.recalled_bias.detach().double().cpu().numpy()
    head_bias = net.head_bias.detach().double().cpu().numpy()
    assert len(recurrent) == GATES * net.width
    return {
        "given": np.ascontiguousarray(given.T),
        "given_step": given_step,
        "recurrent": recurrent,
        "recurrent_step": recurrent_step,
        "recalled_bias": np.round(bias * PRE_SCALE).astype(np.int32),
        "head": head,
        "head_step": head_step,
        "head_bias": np.round(head_bias * 256).astype(np.int32),
    }


@click.command()
@click.argument("checkpoint", type=click.Path(path_type=Path, exists=True))
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--command", required=True, help="What the net was trained with, to be kept in the file.")
def main(checkpoint: Path, out: Path, command: str) -> None:
    """Write the integer net of CHECKPOINT to the folder OUT, under a name made of its content."""
    net = load(checkpoint)
    header = {
        "architecture": "byte-gru",
        "symbols": "bytes",
        "provenance": "the texts of train/bytes without what models are measured on (arcodec.training.data)",
        "licence": "Apache-2.0",
        "command": command,
    }
    data = store.pack(integers(net), header)
    path = out / f"net-{hashlib.sha256(data).hexdigest()[:12]}{store.SUFFIX}"
    path.write_bytes(data)
    click.echo(f"{path}: {len(data):,} bytes, {net.multiply_adds:,} multiply-adds a symbol")


if __name__ == "__main__":
    main()
