"""Processes of a Ray cluster that train a network together: Ray Train begins them, and lets them meet.

Each says in a file of the folder that machines share what a process of this machine says in its pipe (`stages.rank`).
One that is lost costs its epoch, as here: whoever asked has all begin again at the last checkpoint.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops.blocks.trainer import Trainer
from mlops.documents.rank_end import RankSaid
from mlops.errors import InfrastructureError
from mlops.kinds.reference import load
from mlops.stages import ray_cluster

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TextIO

_ENDED = "mlops.stages.rank:ended"  # by name: it reaches this file itself


def run(order: dict[str, Any], trainer: Trainer, observe: Callable[[RankSaid], None]) -> dict[int, RankSaid]:
    """Train as `order` says, which is what a process is told but for its rank; give how each ended.

    Epochs are told when all have ended.

    Raises:
        InfrastructureError: there is no such cluster, or Ray Train failed for a reason of its own.
    """
    place, size = Path(order["place"]), order["size"]
    for rank in range(size):
        _file(place, rank).unlink(missing_ok=True)
    with ray_cluster.connected(trainer, size):
        lost = _lost({**order, "installed": ray_cluster.installed()}, trainer)
    ends: dict[int, RankSaid] = {}
    for rank in range(size):
        for said in _lines(_file(place, rank)):
            if said.epoch is not None:
                observe(said)
            else:
                ends[rank] = said
    silent = {*lost, *range(size)} - set(ends)  # who left no word did not end well, whatever Ray says of it
    return ends | {rank: RankSaid(end="killed", message="was lost") for rank in silent}


def _lost(order: dict[str, Any], trainer: Trainer) -> tuple[int, ...]:
    """Have Ray Train begin the workers and wait for them; give the ranks that did not end by themselves."""
    from ray.train import FailureConfig, RunConfig, ScalingConfig
    from ray.train.torch import TorchConfig, TorchTrainer
    from ray.train.v2.api.exceptions import TrainingFailedError, WorkerGroupError

    from mlops.ml.training.process_group import PATIENCE

    asked = TorchTrainer(
        work,
        train_loop_config=order,
        scaling_config=ScalingConfig(num_workers=order["size"], resources_per_worker={"CPU": trainer.threads}),
        torch_config=TorchConfig(backend="gloo", timeout_s=int(PATIENCE.total_seconds())),
        run_config=RunConfig(
            name="ranks",
            storage_path=str(Path(order["place"]) / "ray"),
            failure_config=FailureConfig(max_failures=0, controller_failure_limit=0, max_preemption_failures=0),
        ),
    )
    try:
        asked.fit()
    except WorkerGroupError as error:
        return tuple(sorted(error.worker_failures))
    except TrainingFailedError as error:
        raise InfrastructureError(
            f"candidate {order['candidate']}: Ray Train failed: {ray_cluster.first_line(error)}",
            hint="`ray status` says more",
        ) from error
    return ()


class NotDoneError(Exception):
    """What Ray Train is told of a worker that did not end well, so that it ends the others."""


def work(order: dict[str, Any]) -> None:
    """Train as one of the workers, and say line by line how that goes."""
    from ray import train

    number, place = train.get_context().get_world_rank(), Path(order["place"])
    with _file(place, number).open("w", encoding="utf-8") as out:
        ended = _ended({**order, "rank": number, "on_ray": True}, out)
        out.write(ended.model_dump_json() + "\n")
    if ended.end != "done":
        raise NotDoneError(ended.end)


def _ended(told: dict[str, Any], out: TextIO) -> RankSaid:
    try:
        ray_cluster.refuse_other(told["installed"])
    except InfrastructureError as error:
        return ray_cluster.refused(error)
    found: RankSaid = load(_ENDED)(told, out)
    return found


def _file(place: Path, rank: int) -> Path:
    return place / f"said-{rank}"


def _lines(path: Path) -> Iterator[RankSaid]:
    """Read what a worker said; a last line that was cut off is none."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    yield from (RankSaid.model_validate_json(line) for line in text.split("\n")[:-1])
