"""Judge a recorded run again: by the rules of now and by those of the base commit; the worse verdict holds.

A change cannot soften the gate that judges it: what it removes or loosens still counts until it is merged. The live
model is the one that the base releases, and is asked again whatever the change brings along as its comparison.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from mlops.configuration.load import parse_document
from mlops.configuration.policy import Policy
from mlops.configuration.reading.parse import read
from mlops.files.plain_yaml import Values
from mlops.operations.git import commit_of, file_at
from mlops.operations.judging.claimed import CLAIMED, claimed, code_at, marked
from mlops.operations.judging.opponent import Run, meet, sections_of
from mlops.operations.judging.settle import asked, fetch_live, figures, params_of, read_predictions
from mlops.operations.live.bundles import reported
from mlops.operations.live.history import live_at
from mlops.operations.planning.data_change import parse_report
from mlops.operations.project import open_project
from mlops.operations.verdicts.gate import Verdict, read_verdict
from mlops.operations.verdicts.judged_rows import moved
from mlops.operations.verdicts.loosened import Gate, loosened
from mlops.operations.verdicts.rejudged import Rejudged
from mlops.plan.gate import rules_of
from mlops.verdict import verdict

if TYPE_CHECKING:
    from mlops.documents.serving import ServingReport
    from mlops.ml.evaluation.judging.gate import Opponent
    from mlops.ml.evaluation.judging.own_metrics import OwnMetric
    from mlops.ml.evaluation.predictions import Predictions
    from mlops.operations.judging.recompute import Recomputed
    from mlops.stages.gate import Params


def rejudge(root: Path, name: str, base: str, again: Recomputed | None = None, home: Path | None = None) -> Rejudged:
    """Judge a pipeline's predictions by its compiled gate and by that of a commit, beside what is live there.

    They are those made `again` where they were, else the recorded ones. The live model is looked up in `home`, the
    repository that judges, where that is another checkout.

    Raises:
        InfrastructureError: there are no predictions here, or no compiled gate, or the live bundle cannot be had.
        StaleError: they are not those of the recorded verdict.
        IntegrityError: a gate cannot be read.
    """
    commit = commit_of(root, base)
    file = f"pipelines/{name}/params.yaml"
    read_verdict(root, name)
    run, live = (Run.here(root, name) if again is None else again.run), live_at(root, commit, name)
    sections = Run.here(root, name).sections()
    text = file_at(root, commit, file)
    earlier = {} if text is None else sections_of(text, f"{commit[:8]}:{file}")
    now, before = sections.get("gate") or {}, earlier.get("gate")
    claims = claimed(root, name, commit, now, before)
    with code_at(root, name, commit) as code:
        scores = None if again is None else again.predictions
        bench = _Bench(run, sections, live, _first(root, commit), code, home or root, scores)
        judged, opponent = bench.judge(now, claims)
        changed = frozenset[str]() if before is None else _changed(root, name, commit, before)
        other = before is not None and (changed or claims or rules_of(before) != rules_of(now))
        old = bench.judge(before)[0] if before is not None and other else None
    metrics = (sections.get("evaluate") or {}).get("metrics") or ()
    models = {} if opponent is None else figures(opponent, params_of(name, now), metrics)
    loose = () if before is None else loosened(Gate.read(before), Gate.read(now), changed)
    rows = moved(earlier, sections, _other_test_set(root, name, commit))
    return Rejudged(commit, judged, old, (*loose, *rows), models)


def _other_test_set(root: Path, name: str, commit: str) -> tuple[str, ...]:
    """Name the test set of its own whose files are not what they were at a commit, as reports on the data have it."""
    file = f"pipelines/{name}/reports/data.json"
    before, now = (parse_report(text) for text in (file_at(root, commit, file), _bytes(root / file)))
    if before is None or now is None or before.test is None or now.test is None:
        return ()
    return () if before.test.digest == now.test.digest else (now.test.table,)


def _changed(root: Path, name: str, commit: str, before: Values) -> frozenset[str]:
    """Find the files of the gate's own metrics that are not what they were at a commit."""
    folder = f"pipelines/{name}"
    return frozenset(
        file
        for file in Gate.read(before).own_files
        if _bytes(root / folder / file) != file_at(root, commit, f"{folder}/{file}")
    )


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


@dataclass
class _Bench:
    """The run that two gates judge, and the live model beside it, whose cost of serving is measured once.

    `code` holds the pipeline's own code as the base has it: only that is run. `home` is the repository that judges.
    """

    run: Run
    sections: Values
    live: str | None
    first: str
    code: Path
    home: Path
    scores: Predictions | None = None
    """Those made again; None judges the recorded ones."""
    serving: ServingReport | None = None

    def judge(self, section: Values, claims: frozenset[str] = frozenset()) -> tuple[Verdict, Opponent | None]:
        """Judge by a gate; own metrics are measured again, but for those that are `claims` of the change."""
        from mlops.operations.judging.records import judged

        run, params = self.run, params_of(self.run.name, section)
        recorded = read_predictions(run, params) if self.scores is None else asked(run.name, self.scores, params)
        opponent = self._opponent(params.model_copy(update={"own": {}}), recorded)
        known = {name: metric for name, metric in params.own.items() if name not in claims}
        predictions = self._measured(recorded, known, claims)
        if opponent is not None and opponent.predictions is not None:
            opponent = replace(opponent, predictions=self._measured(opponent.predictions, known, claims))
        results = judged(run, params, predictions, opponent, "allow" if self.live else self.first)
        results = marked(results, claims, claims - set(recorded.own))
        return Verdict(run.name, verdict(results), results, self.live).on(date.today()), opponent

    def _measured(
        self, predictions: Predictions, known: Mapping[str, OwnMetric], claims: frozenset[str]
    ) -> Predictions:
        from mlops.ml.evaluation.row_losses import RowLosses
        from mlops.operations.judging.apart import measure_apart

        if not known and not claims:
            return predictions
        kept = {name: losses for name, losses in predictions.own.items() if name in claims}
        if "champion" in predictions.scores:  # nobody asked the code of the change about the live model
            kept = {k: RowLosses(v.values, {**v.problems, "champion": CLAIMED}) for k, v in kept.items()}
        return replace(predictions, own={**kept, **measure_apart(predictions, known, self.code, self.run.name)})

    def _opponent(self, params: Params, predictions: Predictions) -> Opponent | None:
        """Meet the live model of the base, where a rule is about it and it is another than this one."""
        root, name, live = self.run.root, self.run.name, self.live
        about_it = any(rule.against == "champion" for rule in (*params.rules, *params.serving))
        if live is None or not about_it or live == reported(root, name).digest:
            return None
        _, project = open_project(self.home)
        folder = fetch_live(self.home, project, name, live)
        opponent = meet(self.run, predictions, params, self.sections, folder, live, self.serving, self.home)
        self.serving = opponent.serving or self.serving
        return opponent


def _first(root: Path, commit: str) -> str:
    """Say what a first model needs: the stricter of what the policies of now and of the base say."""
    file = "conf/policy.yaml"
    texts = (_bytes(root / file), file_at(root, commit, file))
    policies = [parse_document(Policy, read(file, text))[0] for text in texts if text is not None]
    return "review" if any(policy is None or policy.first == "review" for policy in policies) else "allow"
