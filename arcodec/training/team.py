"""Training by several processes, as torchrun starts them: who one is, and what all agree on.

Who one is, is known without torch.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch


class Team:
    """The processes that train one net together; usually there is but one.

    Attributes:
        rank: which of them this is; 0 writes and talks.
        count: how many there are.
        device: what this one computes on.
    """

    def __init__(self, rank: int, count: int, device: torch.device) -> None:
        self.rank = rank
        self.count = count
        self.device = device

    @property
    def leads(self) -> bool:
        """Whether this process is the one that writes and talks."""
        return self.rank == 0

    def joined(self, module: torch.nn.Module) -> torch.nn.Module:
        """The module, its gradients averaged over all processes."""
        if self.count == 1:
            return module
        from torch.nn.parallel import DistributedDataParallel

        return DistributedDataParallel(module)

    def agreed(self, numbers: Sequence[float]) -> list[float]:
        """The means of what the processes have, the same for all."""
        if self.count == 1:
            return list(numbers)
        import torch
        from torch import distributed

        values = torch.tensor(numbers, dtype=torch.float64, device=self.device)
        distributed.all_reduce(values)
        means: list[float] = (values / self.count).tolist()
        return means

    def gathered(self, own: Any) -> list[Any]:
        """What each process has, in order of their ranks; for the first only, others get their own."""
        if self.count == 1:
            return [own]
        from torch import distributed

        every: list[Any] | None = [None] * self.count if self.leads else None
        distributed.gather_object(own, every)
        return every if every is not None else [own]

    def told(self, value: Any) -> Any:
        """What the first process has."""
        if self.count == 1:
            return value
        from torch import distributed

        box = [value]
        distributed.broadcast_object_list(box, 0)
        return box[0]


def started_by_torchrun() -> bool:
    """Whether this process is one of several."""
    return int(os.environ.get("WORLD_SIZE", "1")) > 1 and "RANK" in os.environ


def leads() -> bool:
    """Whether this process is alone, or the first of several."""
    return not started_by_torchrun() or os.environ["RANK"] == "0"


@contextmanager
def team(device: str) -> Iterator[Team]:
    """The team of this process, on "cpu" or "cuda", for as long as it takes."""
    import torch
    from torch import distributed

    if not started_by_torchrun():
        yield Team(0, 1, torch.device(device))
        return
    import torch._dynamo  # later, as optimizers would, it keeps the group, whose threads may then abort the exit

    place = torch.device(device, int(os.environ.get("LOCAL_RANK", "0"))) if device == "cuda" else torch.device(device)
    if place.type == "cuda":
        torch.cuda.set_device(place)
    distributed.init_process_group("nccl" if place.type == "cuda" else "gloo")
    try:
        yield Team(distributed.get_rank(), distributed.get_world_size(), place)
    except BaseException:
        # Closed in order, a connection waits for the other end, which may wait for this one; closed by the end of the
        # process, it does not. So the group is never freed.
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(distributed.group.WORLD))
        raise
    distributed.destroy_process_group()
