"""What a repository says of a feed besides `monitor:`: the data contract's null budgets, and accepted incidents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlops.configuration.accept import Acceptance
    from mlops.monitor.quality import Incident
    from mlops.monitor.windows import Window


@dataclass(frozen=True)
class Agreed:
    """Shares of missing values that the contract allows, by column, and what was accepted for a while."""

    nulls: Mapping[str, float] = field(default_factory=dict)
    accepted: tuple[Acceptance, ...] = ()

    def acceptance(self, incident: Incident, window: Window) -> Acceptance | None:
        """Find what accepts an incident in a window; its days are the window's, so that no clock is asked."""
        return next((entry for entry in self.accepted if _covers(entry, incident, window)), None)


def _covers(entry: Acceptance, incident: Incident, window: Window) -> bool:
    about = (entry.check, entry.column or "") == (incident.check, incident.column)
    known = entry.at_most is None or incident.value <= entry.at_most
    return about and known and window.end > _day(entry.since) and window.start < _day(entry.until) + timedelta(days=1)


def _day(text: str) -> datetime:
    return datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC)
