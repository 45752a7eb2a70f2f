"""What a run will take: minutes from the last time on this machine, money from them, against a budget."""

from __future__ import annotations

from pathlib import Path

from mlops.configuration.pipeline import Budget
from mlops.documents.change_report import Cost
from mlops.operations.processes.times import durations


def seconds(root: Path, name: str, stages: list[str]) -> float | None:
    """Add up what these stages took when they last ran on this machine; None where one is not known."""
    if not stages:
        return 0.0
    known = durations(root, name)
    return sum(known[stage] for stage in stages) if known.keys() >= set(stages) else None


def cost(duration: float | None, budget: Budget | None) -> Cost:
    """Hold an estimate against a budget; what is not known exceeds nothing."""
    if duration is None:
        return Cost()
    minutes = round(duration / 60, 3)
    if budget is None:
        return Cost(minutes)
    money = None if budget.per_hour is None else round(minutes / 60 * budget.per_hour, 4)
    over = []
    if budget.minutes is not None and minutes > budget.minutes:
        over.append(f"about {minutes:.3g} minutes, {budget.minutes:g} are budgeted")
    if budget.money is not None and money is not None and money > budget.money:
        over.append(f"about {money:.3g} of money, {budget.money:g} is budgeted")
    return Cost(minutes, money, tuple(over))
