"""How processes that train together meet and agree: torch's process group, and what Lightning asks about it.

Gloo on CPUs, NCCL between GPUs. Two numbers added are the same in either order, and Gloo adds more of them in an order
that their count fixes: so many processes give the same bits each time, on every x86-64 processor.
"""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import torch
from lightning_fabric.plugins.environments.cluster_environment import ClusterEnvironment
from pytorch_lightning.strategies import DDPStrategy
from torch import distributed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from torch import nn

    from mlops.ml.training.world import World

# Others wait that long for one that judges an epoch, or reads a large table; one that has ended is noticed at once.
PATIENCE = timedelta(hours=2)


class Begun(ClusterEnvironment):
    """Tells Lightning that the processes are there already, and which of them this one is."""

    creates_processes_externally = True
    main_address = "127.0.0.1"
    main_port = 0

    def __init__(self, world: World) -> None:
        self.world = world

    @staticmethod
    def detect() -> bool:
        """Say whether Lightning should find this by itself: it is told."""
        return False

    def world_size(self) -> int:
        """Count the processes."""
        return self.world.size

    def set_world_size(self, size: int) -> None:
        """Leave it: it is given."""

    def global_rank(self) -> int:
        """Number this process."""
        return self.world.rank

    def set_global_rank(self, rank: int) -> None:
        """Leave it: it is given."""

    def local_rank(self) -> int:
        """Number this process among those of the machine: all are."""
        return self.world.rank

    def node_rank(self) -> int:
        """Number the machine."""
        return 0


@contextmanager
def joined(world: World | None, accelerator: str) -> Iterator[None]:
    """Meet the others for as long as the block runs; alone there is nobody to meet."""
    if world is None or world.on_ray:
        yield
        return
    store = distributed.FileStore(str(world.meeting), world.size)
    backend = "gloo" if accelerator == "cpu" or not torch.cuda.is_available() else "cpu:gloo,cuda:nccl"
    distributed.init_process_group(backend, store=store, rank=world.rank, world_size=world.size, timeout=PATIENCE)
    try:
        yield
    finally:
        distributed.destroy_process_group()


def strategy(world: World | None, *, unused: bool) -> DDPStrategy | str:
    """Say how Lightning averages gradients; `unused`: some weights may have no say in a step."""
    if world is None:
        return "auto"
    if world.on_ray:
        from ray.train.lightning import RayDDPStrategy, RayLightningEnvironment

        found: DDPStrategy = RayDDPStrategy(
            cluster_environment=RayLightningEnvironment(), find_unused_parameters=unused
        )
        return found
    return DDPStrategy(cluster_environment=Begun(world), find_unused_parameters=unused, timeout=PATIENCE)


def gathered(world: World | None, values: Sequence[float]) -> list[list[float]]:
    """Give the numbers [n] of every process, in the order of ranks."""
    mine = torch.tensor(values, dtype=torch.float64)
    if world is None:
        return [mine.tolist()]
    found = [torch.empty_like(mine) for _ in range(world.size)]
    distributed.all_gather(found, mine)
    return [each.tolist() for each in found]


def of_first(world: World | None, values: Sequence[float]) -> list[float]:
    """Give the first process's numbers [n] to all."""
    sent = torch.tensor(values, dtype=torch.float64)
    if world is not None:
        distributed.broadcast(sent, 0)
    return list(sent.tolist())


def share_buffers(world: World | None, module: nn.Module) -> None:
    """Give every process the first one's buffers, such as running means: gradients alone are shared otherwise."""
    if world is not None:
        for buffer in module.buffers():
            distributed.broadcast(buffer, 0)


def broken(error: BaseException | None) -> bool:
    """Say whether an error, or what it came of, is that another process is gone.

    Example:
        >>> broken(ValueError("no row"))
        False
    """
    seen: list[Any] = []
    while error is not None and error not in seen:
        if isinstance(error, distributed.DistError) or (isinstance(error, RuntimeError) and "gloo" in str(error)):
            return True
        seen.append(error)
        error = error.__cause__ or error.__context__
    return False
