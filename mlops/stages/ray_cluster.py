"""`trainer.engine: ray`: this process at a Ray cluster, whose machines see the repository at the same path.

It is the cluster of `RAY_ADDRESS`, or one of this machine alone that ends with the block. What workers compute has the
bits that it has here: they begin with the variables that hold this process's numerics still, and refuse to begin with
other releases of what computes.
"""

from __future__ import annotations

import logging
import os
import re
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from mlops import __version__
from mlops.documents.rank_end import RankSaid
from mlops.errors import ConfigurationError, InfrastructureError, MlopsError
from mlops.extras import DISTRIBUTION, EXTRAS, need

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mlops.blocks.trainer import Trainer

ADDRESS = "RAY_ADDRESS"
TRIES = 3
"""How often a worker may be lost before it is taken for no accident."""
_PLAIN = re.compile(r"[A-Za-z0-9_.\-]+:\d+|\[[0-9A-Fa-f:]+\]:\d+|auto|local")
_USUAL = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_TRAIN_ENABLE_PREEMPTION_WATCHER": "0",  # a machine that is taken away is a worker that is lost
    "RAY_TRAIN_METRICS_ENABLED": "0",
    "RAY_TRAIN_WORKER_GROUP_START_TIMEOUT_S": "600",  # a busy machine needs more than a minute to import torch
}
_COMPUTES = (
    "numpy",
    "onnxruntime",
    *(name for extra in ("train", "catboost", "keras", "xgboost") for name in EXTRAS[extra]),
)
_HELD = ("ATEN_", "GLOO_", "MKL_", "NPY_", "OMP_", "ONEDNN_", "OPENBLAS_", "POLARS_")


@contextmanager
def connected(trainer: Trainer, processes: int) -> Iterator[None]:
    """Join the cluster for `processes` of `trainer.threads` processors each, unless this process is there already.

    Raises:
        ConfigurationError: RAY_ADDRESS names no cluster of this network.
        InfrastructureError: Ray is not installed, there is nothing at the address, or its machines are too small.
    """
    need("ray", "`trainer.engine: ray`")
    address = _address()
    for name, value in _USUAL.items():
        os.environ.setdefault(name, value)
    os.environ["RAY_TRAIN_V2_ENABLED"] = "1"
    import ray

    if ray.is_initialized():  # a trial whose network several processes train
        yield
        return
    held = {name: value for name, value in os.environ.items() if name.startswith(_HELD)}
    try:
        ray.init(address, log_to_driver=False, runtime_env={"env_vars": held}, logging_level=logging.ERROR)
    except (ConnectionError, ValueError, RuntimeError, TimeoutError) as error:
        raise InfrastructureError(
            f"no Ray cluster answers at {_where(address)}: {first_line(error)}",
            hint=f"`ray status` says more; unset {ADDRESS} for this machine alone",
        ) from error
    try:
        found = [node["Resources"].get("CPU", 0.0) for node in ray.nodes() if node["Alive"]]
        refuse_small(found, trainer.threads, processes, _where(address))
        yield
    finally:
        ray.shutdown()


def refuse_small(machines: list[float], threads: int, processes: int, where: str) -> None:
    """Refuse a cluster that would be waited for in vain; `machines` are the processors of each.

    Raises:
        InfrastructureError: they cannot hold all processes at once.

    Example:
        >>> refuse_small([2.0, 1.0], threads=1, processes=3, where="10.0.0.1:6379")
    """
    room = sum(int(each // threads) for each in machines)
    if room < processes:
        raise InfrastructureError(
            f"the Ray cluster at {where} has room for {room} of {processes} processes with `threads: {threads}`",
            hint="lower `trainer.devices`, `trainer.threads` or `tune.parallel`, or add machines: `ray status`",
        )


def installed() -> dict[str, str]:
    """Give the releases of what computes here, by distribution."""
    return {DISTRIBUTION: __version__} | {name: _version(name) for name in _COMPUTES}


def refuse_other(here: Mapping[str, str]) -> None:
    """Refuse, in a worker, to compute with other releases than those of the machine that asks.

    Raises:
        InfrastructureError: one differs.

    Example:
        >>> refuse_other(installed())
    """
    there = installed()
    if odd := sorted(name for name in here if there.get(name) != here[name]):
        said = "; ".join(f"{name} {there.get(name, 'none')}, and not {here[name]}" for name in odd)
        raise InfrastructureError(
            f"a machine of the Ray cluster has {said}",
            hint="install the same environment on every machine",
        )


def refused(error: MlopsError) -> RankSaid:
    """Write an error of ours down for the machine that asked: what is unpickled there is text alone.

    Example:
        >>> refused(InfrastructureError("the disk is full")).code
        6
    """
    return RankSaid(end="refused", code=error.exit_code, message=error.message, hint=error.hint)


def first_line(error: BaseException) -> str:
    """Shorten what a library says of its failure to a line.

    Example:
        >>> first_line(TimeoutError())
        'TimeoutError'
    """
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


def _address() -> str:
    """Read where the cluster is; what has a user, a password or another protocol in it is not repeated."""
    address = os.environ.get(ADDRESS) or "local"
    if not _PLAIN.fullmatch(address):
        raise ConfigurationError(
            f"{ADDRESS} is no address of a Ray cluster that this machine is part of",
            hint=f"write HOST:PORT, as `{ADDRESS}=10.0.0.1:6379`; `ray://` is for clients, which cannot train",
        )
    return address


def _where(address: str) -> str:
    return "this machine" if address == "local" else address


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "none"
