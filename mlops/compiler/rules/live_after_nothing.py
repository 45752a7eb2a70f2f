"""live-after-nothing: what users meet could be released without having been live anywhere before.

What: the live environment says no `after`, and there is another one that could come before it.
Why: an order is not that in which environments are written. Without `after`, `mlops release NAME --env prod` takes a
    bundle that staging has never served.
Fix: `after:` at the live environment, with the name of the one before it; or `after: null` where that is meant.
Example: `environments: {staging: {}, prod: {}}`.
"""

from __future__ import annotations

from collections.abc import Iterator

from mlops.compiler.rules.finding import Finding
from mlops.plan.environment import EnvironmentPlan
from mlops.plan.pipeline import Plan


def check(plan: Plan) -> Iterator[Finding]:
    """Find a live environment that bundles reach without another, where there is one."""
    for live in (each for each in plan.environments if each.live and each.after is None and not each.first):
        if earlier := _earlier(plan.environments, live.name):
            message = (
                f"`{live.name}` is live and comes after nothing: what `{earlier}` never served can be released there"
            )
            hint = f"write `after: {earlier}`, or `after: null` where that is meant"
            yield Finding(("environments", live.name), message, hint, "live-after-nothing")


def _earlier(environments: tuple[EnvironmentPlan, ...], live: str) -> str | None:
    """Name the last environment that could come before the live one: none that comes after it."""
    after = {each.name: each.after for each in environments}
    found = None
    for name in after:
        here: str | None = name
        while here is not None and here != live:  # ends: a circle is refused where it is written
            here = after.get(here)
        found = name if here is None else found
    return found
