"""What a search left for training: the parameters of each candidate's best trial, over those of the YAML."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mlops.documents.tuning import TuningReport
from mlops.errors import ConfigurationError, IntegrityError
from mlops.metrics import METRICS
from mlops.models import MODELS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlops.stages.context import StageContext

REPORT = "reports/tuning.json"


def read(context: StageContext) -> TuningReport | None:
    """Read what a search left; None where there was none.

    Raises:
        IntegrityError: something lies there that is no such report.
    """
    if not context.path(REPORT).is_file():
        return None
    found = TuningReport.read(context.path(REPORT))
    if found is None:
        raise IntegrityError(f"{REPORT} is damaged", hint=_put_back(context))
    return found


def _put_back(context: StageContext) -> str:
    return f"git checkout -- pipelines/{context.pipeline}/{REPORT}, or mlops tune {context.pipeline} to search again"


def over(context: StageContext) -> StageContext:
    """Give a stage the candidates as the search left them.

    Raises:
        IntegrityError: there is no report, it is damaged, or names other code than the YAML.
        ConfigurationError: it is about a candidate that there is no more.
    """
    found = read(context)
    if found is None:
        raise IntegrityError(f"{REPORT} is not there", hint=f"mlops run {context.pipeline}")
    refuse_gone(context, found, tuple(context.params["candidates"]))
    asked: dict[str, dict[str, Any]] = context.params["candidates"]
    candidates = {
        name: _joined(context, name, each, found.best[name].parameters) if name in found.best else each
        for name, each in asked.items()
    }
    return replace(context, params={**context.params, "candidates": candidates})


def further(context: StageContext, count: int) -> Iterator[tuple[str, int, dict[str, Any]]]:
    """Give the best trials of each candidate beside the one that won: candidate, number, what it was asked for.

    `context` has the candidates as the YAML says them.
    """
    found = read(context)
    if found is None or not count:
        return
    higher = METRICS[found.select_by].higher_is_better
    for name, winner in sorted(found.best.items()):
        asked = context.params["candidates"][name]
        ended = [
            each
            for each in found.trials
            if each.candidate == name and each.number != winner.trial and each.score is not None
            if each.state == "complete"
        ]
        ended.sort(key=lambda each: (-(each.score or 0) if higher else (each.score or 0), each.number))
        seen = [winner.parameters]
        for trial in ended:
            if trial.parameters in seen or len(seen) > count:
                continue
            seen.append(trial.parameters)
            yield name, trial.number, _joined(context, name, asked, trial.parameters)


def _joined(context: StageContext, name: str, asked: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    """Put what a search found over what is asked for; which code makes a candidate is the YAML's to say."""
    known = MODELS.get(str(asked.get("kind")))
    for key in ("kind", *(() if known is None or "own" not in known.can else (str(known.can["own"]),))):
        if found.get(key, asked.get(key)) != asked.get(key):
            raise IntegrityError(
                f"{REPORT} has `{key}` among the parameters of candidate {name}, and no search finds code",
                hint=_put_back(context),
            )
    return {**asked, **found}


def refuse_gone(context: StageContext, found: TuningReport, candidates: tuple[str, ...]) -> None:
    """Refuse a search that is about candidates which there are no more; raises ConfigurationError."""
    if gone := sorted(set(found.best) - set(candidates)):
        raise ConfigurationError(
            f"{REPORT} is about {', '.join(f'`{name}`' for name in gone)}, which is no candidate any more",
            hint=f"mlops tune {context.pipeline} searches for those that there are",
        )
