"""A network that several processes of this machine train together, each on its share of every batch.

They rebuild the candidate as it is built here, and are given the rows by files. One that is killed costs its epoch: all
begin again at the last checkpoint, and end as if nothing had been.
"""

from __future__ import annotations

import json
import math
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from mlops.documents.rank_end import RankSaid
from mlops.errors import ConfigurationError, DataError, InfrastructureError, IntegrityError, MlopsError
from mlops.ml.training.session import Epoch, complain
from mlops.stages import shared_rows
from mlops.stages.rank_environment import environment

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlops.ml.training.problem import Examples
    from mlops.ml.training.session import Candidate, Fitted, Session

_PROGRAM = "mlops.stages.rank:main"  # by name: it reaches this file itself
_TRIES = 3  # how often processes may be killed before it is taken for no accident
_GRACE = 10.0  # seconds for the others to notice that one is gone
_ERRORS: dict[int, type[MlopsError]] = {5: IntegrityError, 6: InfrastructureError}


@dataclass(frozen=True)
class Distributed:
    """A candidate of a network, trained by `devices` processes; `told` is what makes it there, as JSON."""

    network: ClassVar[bool] = True
    inner: Candidate
    told: dict[str, Any]

    def fit(self, examples: Examples, session: Session) -> Fitted:
        """Train it, or go on training.

        Raises:
            DataError: there are too few rows to share.
            InfrastructureError: the processes are killed again and again, or memory does not suffice.
        """
        self._refuse_few(len(examples.train_y), session)
        with tempfile.TemporaryDirectory(prefix="mlops-ranks-", dir=_shared(self.told, session)) as name:
            place = Path(name)
            shared_rows.write(place, examples)
            _trained(self.told, place, session)
            quiet = replace(session, trained=place / "trained", observe=lambda _: None, checkpoints=None)
            return self.inner.fit(examples, quiet)

    @staticmethod
    def _refuse_few(rows: int, session: Session) -> None:
        devices = session.options.devices
        if rows < 2 * devices:
            raise DataError(
                f"candidate {session.name}: {devices} processes cannot share {rows} rows of training",
                hint="lower `trainer.devices`",
            )


def _shared(told: dict[str, Any], session: Session) -> Path | None:
    """Say where files lie that machines of a cluster share: in the repository; None where one machine is all."""
    if session.options.engine == "local":
        return None
    found = Path(told["folder"]).absolute().parent.parent / ".mlops"
    found.mkdir(exist_ok=True)
    return found


def _trained(told: dict[str, Any], place: Path, session: Session) -> None:
    """Have the processes train until they are done; raises why they are not."""
    from mlops.ml.training import checkpoint
    from mlops.ml.training.micro_batches import halved

    killed, seen = 0, _Seen(session.observe)
    while True:
        checkpoint.resumable(session.checkpoints)  # throws a damaged one away, before all of them read it
        (place / "meeting").unlink(missing_ok=True)
        rank, ended = _cause(_ran(told, place, session, seen))
        if ended.end == "done":
            if session.profile is not None:
                session.profile.told(ended.seconds)
            return
        if ended.end == "memory":
            session, seen = halved(session), _Seen(session.observe)
            continue
        if ended.end == "refused":
            raise refusal(ended)
        if ended.end == "failed":
            raise ConfigurationError(f"candidate {session.name}: {ended.message}")
        killed += 1
        said = f"candidate {session.name}: process {rank} of {session.options.devices} {ended.message}"
        if killed == _TRIES:
            raise InfrastructureError(f"{said}, {killed} times", hint="is there memory for `trainer.devices` of them?")
        complain(f"{said}: all begin again at the last checkpoint")


def refusal(said: RankSaid) -> MlopsError:
    """Make of what another process was refused the error that it is here.

    Example:
        >>> refusal(RankSaid(end="refused", code=6, message="the disk is full"))
        InfrastructureError('the disk is full')
    """
    return _ERRORS.get(said.code, ConfigurationError)(said.message, hint=said.hint)


class _Seen:
    """Tells of each epoch once: those that are learnt again come out as they were."""

    def __init__(self, observe: Callable[[Epoch], None]) -> None:
        self._observe, self._last = observe, 0

    def __call__(self, epoch: Epoch) -> None:
        if epoch.number > self._last:
            self._last = epoch.number
            self._observe(epoch)


def _order(told: dict[str, Any], place: Path, session: Session) -> dict[str, Any]:
    """Say all that a process has to know but its rank, as JSON."""
    asked = {name: getattr(session, name) for name in ("name", "seed", "size", "grown", "accumulate")}
    asked |= {"options": session.options.model_dump(mode="json")}
    asked |= {"checkpoints": None if session.checkpoints is None else str(session.checkpoints)}
    return {**told, "place": str(place), "size": session.options.devices, "session": asked}


def _ran(told: dict[str, Any], place: Path, session: Session, observe: _Seen) -> dict[int, RankSaid]:
    """Have processes of this machine, or workers of a Ray cluster, train, and say how each ended."""
    if session.options.engine == "local":
        return _Ranks(told, place, session).run(observe)
    from mlops.stages import ray_ranks

    return ray_ranks.run(_order(told, place, session), session.options, lambda said: observe(_epoch(said)))


class _Ranks:
    """Processes that train together; none outlives `run`, nor this process."""

    def __init__(self, told: dict[str, Any], place: Path, session: Session) -> None:
        self._order, self._session = _order(told, place, session), session
        self._lines: queue.SimpleQueue[tuple[int, str]] = queue.SimpleQueue()
        self._processes: list[subprocess.Popen[str]] = []

    def run(self, observe: Callable[[Epoch], None]) -> dict[int, RankSaid]:
        """Begin them, tell of epochs, and say how each ended."""
        with ExitStack() as stack:
            for rank in range(self._session.options.devices):
                self._begin(rank, stack)
            return self._followed(observe)

    def _begin(self, rank: int, stack: ExitStack) -> None:
        command = (sys.executable, "-P", "-m", _PROGRAM.partition(":")[0])
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        process = subprocess.Popen(command, text=True, env=environment(), **pipes)  # type: ignore[call-overload]  # noqa: S603
        stack.callback(_end, process)
        self._processes.append(process)
        with suppress(BrokenPipeError):  # of one that has ended its lines tell
            process.stdin.write(json.dumps({**self._order, "rank": rank}) + "\n")
            process.stdin.flush()
        thread = threading.Thread(target=self._read, args=(rank, process), daemon=True)
        thread.start()
        stack.callback(thread.join)
        stack.callback(process.kill)

    def _read(self, rank: int, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None  # noqa: S101  # it has a pipe
        for line in process.stdout:
            self._lines.put((rank, line))
        self._lines.put((rank, ""))

    def _followed(self, observe: Callable[[Epoch], None]) -> dict[int, RankSaid]:
        """Read until all have ended; once one did not end well, the others have a little time left."""
        ends: dict[int, RankSaid] = {}
        while len(ends) < len(self._processes):
            hurry = any(end.end != "done" for end in ends.values())
            try:
                rank, line = self._lines.get(timeout=_GRACE if hurry else None)
            except queue.Empty:
                break
            if rank in ends:
                continue
            said = RankSaid.model_validate_json(line) if line else _without_a_word(self._processes[rank].wait())
            if said.epoch is not None:
                observe(_epoch(said))
            else:
                ends[rank] = said
        return ends


def _end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def _epoch(said: RankSaid) -> Epoch:
    epoch = said.epoch
    assert epoch is not None  # noqa: S101  # by whoever calls
    loss, metric = (math.nan if value is None else value for value in (epoch.validation_loss, epoch.metric))
    return Epoch(epoch.number, loss, metric, epoch.train_loss)


def _without_a_word(code: int) -> RankSaid:
    """Tell of a process that ended without saying how.

    >>> _without_a_word(-9).message
    'was ended by SIGKILL'
    """
    how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"
    return RankSaid(end="killed", message=how)


def _cause(ends: dict[int, RankSaid]) -> tuple[int, RankSaid]:
    """Choose what the others ended of: one that was killed, before what was refused, before who missed another."""
    order = ("killed", "refused", "memory", "failed", "broken", "done")
    rank = min(ends, key=lambda each: (order.index(ends[each].end or "done"), each))
    return rank, ends[rank]
