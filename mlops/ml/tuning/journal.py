"""The trials of a search that ended, in the journal of Optuna's: what a killed search does not make again.

It is text that grows by a line a trial, and can be looked at with Optuna's own tools. Nothing else is read of it: which
trials there are follows from the search, which asks for the same ones when it is made again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState, create_trial

from mlops.errors import IntegrityError
from mlops.ml.tuning.quiet import quiet
from mlops.ml.tuning.trial import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from optuna.distributions import BaseDistribution

    from mlops.ml.tuning.trial import Question

_STATES = {"complete": TrialState.COMPLETE, "pruned": TrialState.PRUNED, "failed": TrialState.FAIL}


class Journal:
    """What is known of the trials of one candidate, in a file that candidates share; one process writes at a time."""

    def __init__(self, path: Path, candidate: str, *, higher: bool) -> None:
        _mend(path)
        try:
            with quiet():
                self._study = optuna.create_study(
                    storage=JournalStorage(JournalFileBackend(str(path))),
                    study_name=candidate,
                    load_if_exists=True,
                    direction="maximize" if higher else "minimize",
                )
                trials = self._study.get_trials(deepcopy=False)
            self._known = {each.user_attrs["number"]: each.user_attrs for each in trials}
        except (ValueError, KeyError, AssertionError) as error:
            raise IntegrityError(f"{path.name} of a search is damaged", hint=f"delete {path}") from error

    def find(self, question: Question) -> Answer | None:
        """Give what became of a trial; None where it has not ended, or was another."""
        known = self._known.get(question.number)
        if known is None or known["parameters"] != question.parameters:
            return None
        return Answer.model_validate_json(known["answer"])

    def keep(
        self, question: Question, answer: Answer, asked: Mapping[str, Any], known: Mapping[str, BaseDistribution]
    ) -> None:
        """Write down a trial that ended: what Optuna `asked`, of what it knew, and the whole answer."""
        attributes = {
            "number": question.number,
            "parameters": question.parameters,
            "answer": answer.model_dump_json(),
        }
        with quiet():
            self._study.add_trial(
                create_trial(
                    state=_STATES[answer.state],
                    value=answer.value if answer.state != "failed" else None,
                    params=dict(asked),
                    distributions={name: known[name] for name in asked},
                    intermediate_values=dict(answer.course),
                    user_attrs=attributes,
                )
            )
        self._known[question.number] = attributes


def _mend(path: Path) -> None:
    """Cut off a line that a killed process had only begun, and open the lock that it held."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.with_name(f"{path.name}.lock").unlink(missing_ok=True)
    if path.is_file() and (text := path.read_bytes()) and not text.endswith(b"\n"):
        path.write_bytes(text[: text.rfind(b"\n") + 1])
