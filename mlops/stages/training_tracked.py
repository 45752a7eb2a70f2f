"""The runs in MLflow of a training: one of all candidates, and in it one of each."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from mlops.errors import MlopsError
from mlops.files.canonical import digest_json
from mlops.files.tracked import CANDIDATE, PIPELINE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mlops.ml.training.asked import Asked
    from mlops.ml.training.session import Epoch
    from mlops.ml.training.tracking import Run
    from mlops.stages.context import StageContext
    from mlops.stages.learnt_from import Inputs


def opened(
    context: StageContext, inputs: Inputs, title: str, of: tuple[str, Asked | None, dict[str, Any]], parent: Run | None
) -> Run | None:
    """Open a run, where runs are tracked; `of` is the candidate by name, what was asked of it, and of its trainer."""
    candidate, asked, trainer = of
    if context.tracking is None:
        return None
    from mlops.ml.training.tracking import Run  # its MLflow takes 1.7 s to import

    tags = context.tracking.by.tags | {
        PIPELINE: context.pipeline,
        **({CANDIDATE: candidate} if candidate else {}),
        "mlops.data": inputs.data,
        "mlops.configuration": inputs.configuration,
        "mlops.code": inputs.code,
    }
    where, key = (context.tracking.uri, context.tracking.experiment), digest_json([inputs.digest, candidate])
    run = Run(*where, name=title, key=key, tags=tags, data=context.tracking.data, parent=parent)
    if asked is not None:
        run.parameters({**asked.model_dump(), "trainer": trainer})
    return run


@contextmanager
def failing(tracked: Run | None) -> Iterator[None]:
    """Close a run as failed where training stops."""
    try:
        yield
    except MlopsError:
        if tracked is not None:
            tracked.finish({}, "FAILED")
        raise


def observer(move: Callable[[Epoch], None], tracked: Run | None, metric: str) -> Callable[[Epoch], None]:
    """Give what tells a person and the run of each epoch."""

    def observe(epoch: Epoch) -> None:
        move(epoch)
        if tracked is not None:
            tracked.log(epoch.measures(metric), epoch.number)

    return observe
