"""Trials of a search on a Ray cluster: actors, each with the rows in memory and one question at a time."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops.documents.rank_end import RankSaid
from mlops.errors import InfrastructureError, MlopsError
from mlops.files.canonical import digest_file
from mlops.ml.training.session import complain
from mlops.ml.tuning.trial import Answer, Question
from mlops.stages import ray_cluster, trial
from mlops.stages.distributed import refusal
from mlops.stages.scoring import Scoring

FEATURES = "artifacts/features"

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Score = Callable[[Sequence[Question]], Iterator[tuple[Question, Answer]]]


class Trials:
    """What an actor does: read the rows once, answer questions."""

    def __init__(self, told: dict[str, Any], releases: dict[str, str], rows: dict[str, str]) -> None:
        self._told, self._releases, self._rows = told, releases, rows
        self._scoring: Scoring | None = None

    def answer(self, question: str) -> tuple[str, str]:
        """Answer a question, or say why that is refused: `answer` or `refused`, and JSON."""
        try:
            if self._scoring is None:
                ray_cluster.refuse_other(self._releases)
                refuse_other_rows(Path(self._told["folder"]), self._rows)
                self._scoring = Scoring.of_told(self._told)
            found = trial.answer(self._scoring, Question.model_validate_json(question))
        except MlopsError as error:
            return "refused", ray_cluster.refused(error).model_dump_json()
        except OSError as error:  # a disk of that machine
            said = InfrastructureError(f"a machine of the Ray cluster: {ray_cluster.first_line(error)}")
            return "refused", ray_cluster.refused(said).model_dump_json()
        return "answer", found.model_dump_json()


def rows_of(folder: Path) -> dict[str, str]:
    """Name what `features` made of a pipeline's rows, by file: its digest."""
    return {path.name: digest_file(path) for path in sorted((folder / FEATURES).iterdir()) if path.is_file()}


def refuse_other_rows(folder: Path, asked: dict[str, str]) -> None:
    """Refuse, in a worker, to learn from other rows than those of the machine that asks.

    Raises:
        InfrastructureError: the folder at this path is another one, or is not there.
    """
    there = rows_of(folder) if (folder / FEATURES).is_dir() else {}
    if there != asked:
        raise InfrastructureError(
            f"a machine of the Ray cluster has {'other' if there else 'no'} rows in {folder / FEATURES}",
            hint="every machine has the repository at the same path, in a folder that all of them share",
        )


@contextmanager
def answering(scoring: Scoring, parallel: int) -> Iterator[Score]:
    """Open what scores questions on a cluster, `parallel` at a time; no actor outlives the block.

    Raises:
        InfrastructureError: there is no such cluster, or the workers of a trial are lost again and again.
    """
    trainer = scoring.params.trainer
    with ray_cluster.connected(trainer, parallel * trainer.devices):
        side = _Side(scoring, parallel)
        try:
            yield side
        finally:
            side.close()


class _Side:
    """Actors side by side; one that is lost is replaced, and asked the same again: it would have said the same."""

    def __init__(self, scoring: Scoring, parallel: int) -> None:
        import ray

        self._ray, self._told, self._parallel = ray, scoring.told, parallel
        self._rows = rows_of(scoring.context.folder)
        trainer = scoring.params.trainer
        # processes that train together take processors of their own
        self._processors = trainer.threads if trainer.devices == 1 else 0
        self._actors: list[Any] = []
        self._lost: dict[tuple[str, int], int] = {}

    def __call__(self, questions: Sequence[Question]) -> Iterator[tuple[Question, Answer]]:
        """Answer questions in the order in which they end."""
        waiting = list(questions)
        self._actors += [self._begun() for _ in range(min(self._parallel, len(waiting)) - len(self._actors))]
        free, asked = list(self._actors), dict[Any, tuple[Question, Any]]()
        while waiting or asked:
            while waiting and free:
                question, actor = waiting.pop(0), free.pop()
                asked[actor.answer.remote(question.model_dump_json())] = question, actor
            (done,), _ = self._ray.wait(list(asked), num_returns=1)
            question, actor = asked.pop(done)
            try:
                kind, said = self._ray.get(done)
            except self._ray.exceptions.RayActorError as error:
                self._count(question, error)
                waiting.insert(0, question)
                free.append(self._instead_of(actor))
                continue
            if kind == "refused":
                raise refusal(RankSaid.model_validate_json(said))
            free.append(actor)
            yield question, Answer.model_validate_json(said)

    def _count(self, question: Question, error: Exception) -> None:
        """Say that the worker of a trial was lost, which is no accident for ever."""
        which = question.candidate, question.number
        times = self._lost[which] = self._lost.get(which, 0) + 1
        said = f"the worker of a trial of {question.candidate} was lost"
        if times == ray_cluster.TRIES:
            raise InfrastructureError(
                f"{said}, {times} times", hint="is there memory for it? `ray list actors` says more"
            ) from error
        complain(f"{said}: the trial is asked of another")

    def _instead_of(self, actor: Any) -> Any:
        self._ray.kill(actor)
        self._actors[self._actors.index(actor)] = made = self._begun()
        return made

    def _begun(self) -> Any:
        made = self._ray.remote(Trials).options(num_cpus=self._processors)
        return made.remote(self._told, ray_cluster.installed(), self._rows)

    def close(self) -> None:
        """End all actors."""
        for actor in self._actors:
            self._ray.kill(actor)
