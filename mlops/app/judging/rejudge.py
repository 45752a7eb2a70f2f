"""Judge recorded predictions again: by the rules of now and by those of the base commit; the worse verdict holds.

A change cannot soften the gate that judges it: what it removes or loosens still counts until it is merged.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pydantic import ValidationError

from mlops.app.git import commit_of, file_at
from mlops.app.judging.gate import BADNESS, Verdict, read_verdict
from mlops.app.judging.loosened import file_of, loosened
from mlops.errors import InfrastructureError, IntegrityError, StaleError
from mlops.files.canonical import digest_file, rounded
from mlops.files.plain_yaml import parse
from mlops.plan.gate import rules_of

POLICY_CHANGE = "policy-change"


@dataclass(frozen=True)
class Rejudged:
    """Two verdicts on the same predictions; `before` is None where the base has the same gate, or none."""

    base: str
    now: Verdict
    before: Verdict | None
    loosened: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def verdict(self) -> str:
        """The worse of the two."""
        verdicts = [self.now.verdict, *([self.before.verdict] if self.before else [])]
        return max(verdicts, key=BADNESS.index)

    @property
    def labels(self) -> tuple[str, ...]:
        """What a reviewer must see first."""
        return (POLICY_CHANGE,) if self.before or self.loosened or self.notes else ()

    @property
    def whole(self) -> Verdict:
        """The verdict that holds, with the rules it comes from."""
        if self.before is None or BADNESS.index(self.now.verdict) >= BADNESS.index(self.before.verdict):
            return Verdict(self.now.pipeline, self.verdict, self.now.rules, self.now.champion)
        return self.before


def rejudge(root: Path, name: str, base: str) -> Rejudged:
    """Judge a pipeline's recorded predictions by its compiled gate and by that of a commit.

    Raises:
        InfrastructureError: there are no predictions here, or no compiled gate.
        StaleError: they are not those of the recorded verdict.
        IntegrityError: a gate cannot be read.
    """
    commit = commit_of(root, base)
    file = f"pipelines/{name}/params.yaml"
    read_verdict(root, name)
    compiled = _bytes(root / file)
    if compiled is None:
        raise InfrastructureError(f"{file} is missing", hint="mlops compile")
    sections = _sections(compiled, file)
    _same_predictions(root, name)
    text = file_at(root, commit, file)
    earlier = {} if text is None else _sections(text, f"{commit[:8]}:{file}")
    now, before = sections.get("gate") or {}, earlier.get("gate")
    judged = _judge(root, name, now, root)
    if before is None:
        return Rejudged(commit, judged, None, ())
    changed = _changed(root, name, commit, before)
    old = None
    if changed or rules_of(before) != rules_of(now):
        with _code_at(root, name, commit, before) as code:
            old = _judge(root, name, before, code)
    removed = loosened(before, now, changed)
    notes = _champion(earlier.get("evaluate") or {}, judged.champion)
    if notes and judged.champion is None:
        old = _doubtful(old or judged)
    return Rejudged(commit, judged, old, removed, notes)


def _champion(evaluate: Mapping[str, Any], champion: str | None) -> tuple[str, ...]:
    live = evaluate.get("champion")
    if live is None or live == champion:
        return ()
    if champion is None:
        return (
            f"the live model {live[:19]} was taken out of the comparison, so nothing says that this one is no worse",
        )
    return (f"compared with {champion[:19]}, not with {live[:19]} that is live at the base",)


def _doubtful(verdict: Verdict) -> Verdict:
    """A comparison that was taken away leaves doubt at best."""
    said = verdict.verdict if verdict.verdict == "fail" else "inconclusive"
    return Verdict(verdict.pipeline, said, verdict.rules, verdict.champion)


def _changed(root: Path, name: str, commit: str, before: Mapping[str, Any]) -> frozenset[str]:
    """Find the files of the gate's own metrics that are not what they were at a commit."""
    files = {file_of(metric["use"]) for metric in (before.get("own") or {}).values()}
    folder = f"pipelines/{name}"
    return frozenset(
        file for file in files if _bytes(root / folder / file) != file_at(root, commit, f"{folder}/{file}")
    )


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


@contextmanager
def _code_at(root: Path, name: str, commit: str, before: Mapping[str, Any]) -> Iterator[Path]:
    """Lay out the code of the gate's own metrics as a commit has it, to be imported from there and nowhere else."""
    with TemporaryDirectory() as place:
        folder = Path(place).resolve() / "pipelines" / name
        folder.mkdir(parents=True)
        for file in {file_of(metric["use"]) for metric in (before.get("own") or {}).values()}:
            if (code := file_at(root, commit, f"pipelines/{name}/{file}")) is not None:
                (folder / file).write_bytes(code)
        yield Path(place).resolve()


def _judge(root: Path, name: str, section: Mapping[str, Any], code: Path) -> Verdict:
    """Judge by a gate; metrics of the pipeline's own are measured again where `code` is not this repository."""
    from mlops.ml.evaluation.judging import data_quality
    from mlops.ml.evaluation.judging.evidence import gather
    from mlops.ml.evaluation.judging.judge import judge
    from mlops.ml.evaluation.judging.own_metrics import measure
    from mlops.ml.evaluation.judging.serving_cost import judge_reports
    from mlops.ml.evaluation.judging.waivers import verdict, waive
    from mlops.ml.evaluation.predictions import Predictions
    from mlops.ml.evaluation.studies import costs
    from mlops.steps.gate import Params

    try:
        params = Params.model_validate(section)
    except ValidationError as error:
        hint = "merge the base into your branch, or run the version of mlops that compiled it"
        raise IntegrityError(f"{name}: a gate this version of mlops cannot read", hint=hint) from error
    predictions = Predictions.read(_predictions(root, name))
    if predictions.task != params.task:
        sentence = f"the predictions are {predictions.task} but the gate judges {params.task}"
        raise StaleError(f"{name}: {sentence}", hint="a change of the task is a new pipeline: give it a new name")
    predictions = costs.priced(predictions, params.cost)
    if code != root:
        predictions = replace(predictions, own=measure(predictions, params.own, code, name))
    evidence = gather(
        predictions, params.rules, params.bootstrap, params.minimum_rows, grouped=params.group is not None
    )
    results = judge(evidence, params.bootstrap, params.minimum_rows)
    reports = root / "pipelines" / name / "reports"
    results += judge_reports(params.serving, reports, predictions.champion, params.bootstrap.confidence)
    results += data_quality.judge_report(params.data, reports, params.bootstrap.confidence)
    records = tuple(rounded(record) for record in waive([result.record() for result in results], params.waivers))
    return Verdict(name, verdict(records), records, predictions.champion).on(date.today())


def _same_predictions(root: Path, name: str) -> None:
    path = _predictions(root, name)
    if not path.is_file():
        hint = f"dvc pull brings them, or mlops run {name}"
        raise InfrastructureError(f"{name}: the predictions are not here", hint=hint)
    recorded = json.loads((root / "pipelines" / name / "reports" / "gate.json").read_bytes()).get("predictions")
    if recorded != digest_file(path):
        raise StaleError(f"{name}: the verdict was recorded for other predictions", hint=f"mlops run {name}")


def _predictions(root: Path, name: str) -> Path:
    return root / "pipelines" / name / "artifacts" / "evaluation" / "predictions.parquet"


def _sections(data: bytes, shown: str) -> dict[str, Any]:
    value = parse(data, shown)
    if not isinstance(value, dict):
        raise IntegrityError(f"{shown} is damaged", hint="mlops compile")
    return value
