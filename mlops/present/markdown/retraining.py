"""The text of a retraining's pull request: why the model should learn again, and from what."""

from __future__ import annotations

from mlops.configuration.monitor import Retrain
from mlops.documents.monitor import MonitorReport
from mlops.present.markdown.text import escape


def retraining_body(report: MonitorReport, policy: Retrain, why: str, rows: int, file: str) -> str:
    """Name the alarms that the policy goes by, and what is known to be wrong with the feed of the new rows."""
    alarms = [f"- {escape(alarm.sentence)}" for alarm in report.alarms if alarm.kind in policy.when]
    known = [f"- known: {escape(incident.sentence)}" for last in report.windows[-1:] for incident in last.accepted]
    where = "" if report.environment is None else f", live in {escape(report.environment)}"
    lines = [
        f"**{escape(report.pipeline)}** should learn again: {escape(why)}.",
        "",
        *(alarms or ["- no alarm: the schedule asks for it"]),
        *known,
        "",
        f"This adds {rows:,} rows, served by the live model and labelled since, as `{file}`. Nothing else changes: the",
        "pipeline trains on them, and its gates judge the result. Look at the data before you merge: how labels are",
        "collected can favour what the live model already does.",
        "",
        f"Live model: `{escape(report.bundle)}`{where}. Judged until {escape(report.until)}.",
    ]
    return "\n".join(lines) + "\n"
