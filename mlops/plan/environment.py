"""Where models are live, and in which order, as far as the plan of a repository says it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class EnvironmentPlan:
    """One environment; `after` is the one before it, `live` whether users meet what it serves."""

    name: str
    after: str | None = None
    live: bool = False
    first: bool = False
    """Somebody wrote that nothing comes before it."""
