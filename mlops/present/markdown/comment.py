"""The one comment of a pull request: what changes, what the gates said, what to type next.

Pure: the same evidence gives the same bytes, never more than GitHub takes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from mlops.documents.posted_comment import State
from mlops.files.figures import duration, plural
from mlops.present.markdown.attention import attention, needs_attention
from mlops.present.markdown.evidence import Judged, PlanRead
from mlops.present.markdown.sections import SPACE, WORDS, row, state, working
from mlops.present.markdown.text import MARKS, escape, fenced, fitting, table

LIMIT = 65_536
_ROWS = 25
_HEAD = 16_000  # characters the table may take: what did not pass needs the rest
_ORDER = tuple(WORDS)
_FIX = {
    "check": ("The configuration is wrong, or a compiled file does not match it.", "mlops validate", "mlops compile"),
    "affected": ("The plan could not be made.", "mlops plan"),
}


@dataclass(frozen=True)
class Context:
    """Where a comment belongs: project, commits, the run that made it, and how its jobs ended."""

    project: str
    commit: str = ""
    base: str = ""
    run: str = ""
    jobs: Mapping[str, str] = field(default_factory=dict)


def marker(project: str) -> str:
    """Give the line that a project's comment begins with."""
    return f"<!-- mlops:report:{project} -->"


def comment(context: Context, plan: PlanRead | None, judged: Sequence[Judged]) -> str:
    """Write the comment: what did not pass stands open; folded parts are left out where it would be too long."""
    if plan is None:
        return _without_plan(context)
    found = sorted(judged, key=lambda item: (_ORDER.index(state(item)), not needs_attention(item), item.change.name))
    head = "\n".join([*_title(context, plan, found), *_table(found)])
    foot, artifacts = _foot(context, plan, found), f"{context.run}#artifacts" if context.run else ""
    room = LIMIT - len(head) - len(foot) - 400  # the line that says what is missing, and the separators
    opened = attention([item for item in found if needs_attention(item)], artifacts, room)
    parts = fitting([working(item, artifacts) for item in found], room - len(opened), partial(_left_out, context))
    return "\n".join([head, *([opened] if opened else []), *parts, foot])


def states(judged: Iterable[Judged]) -> dict[str, State]:
    """Say what became of each pipeline, by name."""
    return {item.change.name: state(item) for item in judged}


def _left_out(context: Context, missing: int) -> str:
    place = f"the [artifacts of the run]({context.run}#artifacts)" if context.run else "the artifacts of the run"
    said = "folded section is" if missing == 1 else "folded sections are"
    return f"{missing:,} {said} left out: a comment holds {LIMIT:,} characters. Everything is in {place}.\n"


def _without_plan(context: Context) -> str:
    failed = [name for name in _FIX if context.jobs.get(name) != "success"]
    said, *commands = _FIX[failed[0] if failed else "affected"]
    title = f"### ❌ {escape(context.project)} · stopped before anything ran"
    lines = [marker(context.project), title, "", said, "", *fenced(*commands), "", _where(context)]
    return "\n".join(lines).rstrip() + "\n"


def _title(context: Context, plan: PlanRead, found: Sequence[Judged]) -> list[str]:
    counts = Counter(state(item) for item in found)
    same = len(plan.pipelines) - len(found)
    unchanged = f" · {same:,} unchanged" if same else ""
    if not found:
        said = f"no model affected{unchanged}"
    elif len(found) == 1:
        said = f"{found[0].change.name} {WORDS[state(found[0])]}{_warned(found)}{unchanged}"
    else:
        said = f"{len(found):,} models affected: {_counted(counts)}{_warned(found)}{unchanged}"
    bad = _unfinished(context)
    worst = next((key for key in _ORDER if counts[key]), "pass")
    sign = "fail" if worst == "pass" and bad else "warning" if worst == "pass" and _warned(found) else worst
    lines = [marker(context.project), f"### {MARKS[sign]} {escape(context.project)} · {said}", "", _where(context), ""]
    if worst == "pass" and bad:
        lines += [f"Every gate passed, but these jobs did not succeed: {', '.join(sorted(map(escape, bad)))}.", ""]
    return lines


def _counted(counts: Counter[State]) -> str:
    return ", ".join(f"{counts[key]:,} {WORDS[key]}" for key in _ORDER if counts[key])


def _warned(found: Sequence[Judged]) -> str:
    """Count the warnings: a rule that only warns stops nothing, and is to be seen all the same."""
    warnings = sum(item.gate.tally.warnings for item in found if item.gate is not None)
    return f", {plural(warnings, 'warning')}" if warnings else ""


def _where(context: Context) -> str:
    said = []
    if _hexadecimal(context.commit):
        said.append(f"commit `{context.commit[:7]}`")
    if _hexadecimal(context.base):
        said.append(f"base `{context.base[:7]}`")
    if context.run:
        said.append(f"[run and full reports]({context.run})")
    return " · ".join(said)


def _table(found: Sequence[Judged]) -> list[str]:
    """Print as many rows as fit, and count the others by what became of them."""
    if not found:
        return []
    lines = list(table(("model", "what changed", "gates", "champion → candidate"), map(row, found[:_ROWS])))
    while sum(len(text) + 1 for text in lines[2:]) > _HEAD:
        lines = lines[: 2 + (len(lines) - 2) // 2]
    left = Counter(state(item) for item in found[len(lines) - 2 :])
    if left:
        return [*lines, "", f"… and {sum(left.values()):,} more: {_counted(left)}.", ""]
    return [*lines, ""]


def _foot(context: Context, plan: PlanRead, found: Sequence[Judged]) -> str:
    stages = [stage for item in found for stage in item.change.stages]
    running = sum(stage.runs for stage in stages)
    said = [f"{running:,} stages to run, {len(stages) - running:,} unchanged"] if stages else []
    same = len(plan.pipelines) - len(found)
    said += [f"{plural(same, 'model')} unchanged"] if same else []
    known = [item.change.seconds for item in found if item.change.seconds is not None]
    if known:
        others = len(found) - len(known)
        said.append(f"about {duration(sum(known), SPACE)}" + (f", {others:,} of unknown duration" if others else ""))
    lines = [f"**Plan:** {' · '.join(said)}", "", *_next(context, found)]
    return "\n".join(lines).rstrip() + "\n"


def _next(context: Context, found: Sequence[Judged]) -> list[str]:
    """Say what to do where nothing stands in the way, and how to see the plan."""
    said = ["**Next:** review and merge. A merge registers the bundle that was judged, and releases nothing.", ""]
    said = said if found and all(state(item) == "pass" for item in found) and not _unfinished(context) else []
    if found and _hexadecimal(context.base):
        said += ["The plan, on your machine:", "", *fenced(f"mlops plan --base {context.base[:12]}")]
    return said


def _unfinished(context: Context) -> list[str]:
    return [name for name, result in context.jobs.items() if result not in ("success", "skipped")]


def _hexadecimal(commit: str) -> bool:
    return bool(re.fullmatch(r"[0-9a-f]{7,64}", commit))
