"""When to retrain: what the YAML declares, applied to a report; nothing here knows the clock or keeps a state."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from mlops.files.canonical import digest_json

if TYPE_CHECKING:
    from mlops.configuration.monitor import Retrain
    from mlops.documents.monitor import MonitorReport


@dataclass(frozen=True)
class RetrainDecision:
    """Whether to propose a retraining, and why or why not, in a sentence."""

    propose: bool
    why: str


def decide(
    report: MonitorReport, policy: Retrain, since: datetime | None, end: datetime, labels: int
) -> RetrainDecision:
    """Decide on a report.

    `since` is where the data of the last retraining ended (None: there was none), `end` where that of this one would;
    `labels` are the labelled records between.
    """
    if report.status == "data-incident":
        return RetrainDecision(False, f"the feed is broken, and a model must not learn from it: {report.why}")
    sentences = [alarm.sentence for alarm in report.alarms if alarm.kind in policy.when]
    if not sentences and "schedule" not in policy.when:
        return RetrainDecision(False, f"no alarm on {' or '.join(policy.when)}")
    if since is not None and end - since < timedelta(days=policy.cooldown_days):
        return RetrainDecision(
            False, f"the last data version ends {since:%Y-%m-%d}: a cooldown of {policy.cooldown_days} days"
        )
    if labels < policy.minimum_new_labels:
        return RetrainDecision(False, f"{labels:,} new labels, {policy.minimum_new_labels:,} are needed")
    return RetrainDecision(True, sentences[0] if sentences else "it is time by the schedule")


def cause(report: MonitorReport, since: datetime | None) -> str:
    """Name what a retraining answers to: this model, in this environment, on this data version.

    Another column that drifts, or the same one again, is the same cause until a new data version is merged or another
    model is live; so there is at most one pull request at a time.
    """
    known = {
        "pipeline": report.pipeline,
        "bundle": report.bundle,
        "since": None if since is None else since.isoformat(),
        **({} if report.environment is None else {"environment": report.environment}),
    }
    return digest_json(known).removeprefix("sha256:")[:12]
