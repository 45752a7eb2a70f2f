"""A trial of a search, scored as training itself would score the candidate; and the process that does nothing else.

`python -m mlops.stages.trial` reads lines of JSON: what the stage `tune` is told, then a question each; it writes an
answer each. It ends at once when its input does, which it does when whoever asks ends, however that ends.
"""

from __future__ import annotations

import json
import math
import os
import queue
import sys
import threading
from typing import TYPE_CHECKING, Any, TextIO

from mlops.errors import InfrastructureError, MlopsError
from mlops.files.system import refused
from mlops.ml.training import candidates
from mlops.ml.training.asked import Asked
from mlops.ml.tuning.pruning import Pruned, Watch
from mlops.ml.tuning.trial import Answer, Question
from mlops.stages.scoring import Scoring

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlops.ml.training.session import Fitted


def answer(scoring: Scoring, question: Question) -> Answer:
    """Train and score a trial; what its parameters make impossible fails it, and not the search.

    Raises:
        InfrastructureError: the machine refuses something, which no parameters do.
    """
    watch = Watch(question)
    try:
        asked = asked_of(scoring, question.candidate, question.parameters)
        candidate = scoring.build(question.candidate, asked)
        fitted = scoring.fit(candidate, scoring.session(question.candidate, watch))
        return _complete(scoring, question.candidate, asked, fitted, watch)
    except Pruned as ended:
        last = watch.course[-1][1]
        return Answer(
            state="pruned", value=last, epochs=ended.number, course=watch.course, rungs=watch.rungs, why=str(ended)
        )
    except InfrastructureError:
        raise
    except MlopsError as error:
        return Answer(state="failed", why=error.message.partition("\n")[0])
    except Exception as error:  # a library refuses a combination in its own way
        if (told := refused(error)) is not None:  # a full disk says nothing of these parameters
            raise told from error
        said = (str(error).strip().splitlines() or [""])[0][:200]
        return Answer(state="failed", why=f"{type(error).__name__}: {said}")


def asked_of(scoring: Scoring, name: str, parameters: dict[str, Any]) -> Asked:
    """Put parameters over those of the YAML, with the defaults of the kind."""
    own = scoring.params.candidates[name].model_dump()
    return candidates.resolved(name, Asked.model_validate({**own, **parameters}))


def _complete(scoring: Scoring, name: str, asked: Asked, fitted: Fitted, watch: Watch) -> Answer:
    result = scoring.result(name, asked, fitted)
    metric, (_, loss) = scoring.judge.metric, result.rank
    value = result.validation[metric]
    if not math.isfinite(value):
        return Answer(state="failed", why=f"{metric} is no number on these rows")
    return Answer(
        state="complete",
        value=value,
        loss=-loss if math.isfinite(loss) else None,
        epochs=fitted.history[-1].number if fitted.history else None,
        best_epoch=fitted.best_epoch,
        course=tuple(watch.course),
        rungs=watch.rungs,
    )


def main() -> None:
    """Answer questions from standard input on standard output; what candidates print goes to standard error."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(sys.stdin, lines), daemon=True).start()
    scoring = Scoring.of_told(json.loads(lines.get()))
    while True:
        made = answer(scoring, Question.model_validate_json(lines.get()))
        out.write(made.model_dump_json() + "\n")
        out.flush()


def _read(source: Iterable[str] | TextIO, lines: queue.SimpleQueue[str]) -> None:
    """Hand lines on, and end the process with them, whatever it is at."""
    for line in source:
        lines.put(line)
    os._exit(0)


if __name__ == "__main__":
    main()
