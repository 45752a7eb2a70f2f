"""What to do about what the monitor found: a sentence, and what to type."""

from __future__ import annotations

from dataclasses import dataclass

from mlops.documents.monitor import MonitorReport


@dataclass(frozen=True)
class Step:
    """One thing to do; it needs no command where it is done elsewhere."""

    words: str
    command: str = ""


def advice(report: MonitorReport) -> tuple[Step, ...]:
    """Say what to do, in the order to do it in."""
    name, chosen = report.pipeline, "" if report.environment is None else f" --env {report.environment}"
    again = Step("Look again.", f"mlops monitor {name}{chosen}")
    if report.status == "data-incident":
        accept = f"Where that is how the feed is now, answer for it in conf/accept/{name}.yaml, by a pull request."
        return Step("Repair the feed. Until then nothing learns from it."), Step(accept), again
    if report.status == "alarm":
        return (*_alarmed(report, name, chosen), again)
    if report.status == "insufficient":
        return Step("Wait for more records or labels: what is not known well enough is never called well."), again
    return Step("Nothing. The next window is judged when it has ended."), again


def _alarmed(report: MonitorReport, name: str, chosen: str) -> tuple[Step, ...]:
    steps = [
        Step("See what went live when.", f"mlops history {name}"),
        Step("Propose a retraining on the newly labelled rows.", f"mlops retrain {name}{chosen} --propose"),
    ]
    if chosen and any(alarm.kind == "performance" for alarm in report.alarms):
        back = f"mlops rollback {name}{chosen} --propose"
        steps.insert(1, Step("Go back to the bundle before, if that one answered better.", back))
    return tuple(steps)
