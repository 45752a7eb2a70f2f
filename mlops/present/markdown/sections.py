"""The parts of the comment that speak of one pipeline: its row, and folded away what runs, why, and every rule."""

from __future__ import annotations

from collections.abc import Iterator

from mlops.documents.change_report import FRAMEWORK_CHANGE
from mlops.documents.figures import Figure
from mlops.documents.gate import GateReport, RuleResult
from mlops.documents.posted_comment import State
from mlops.files.figures import duration
from mlops.files.intervals import measured, number
from mlops.ml.evaluation.judging.names import called
from mlops.present.markdown.evidence import Change, Judged
from mlops.present.markdown.text import MARKS, breakable, escape, folded, plain, table
from mlops.present.verdicts import about, asked, rows_of_the_change

WORDS: dict[State, str] = {
    "fail": "blocked",
    "stopped": "without a verdict",
    "inconclusive": "inconclusive",
    "pass": "passed",
}
"""What became of a pipeline, the worst first."""
SPACE = "&nbsp;"  # narrow columns stay on one line
_KEYS = 20
_RULES = 60


def state(item: Judged) -> State:
    """Give the verdict of a pipeline, or `stopped` where there is none."""
    return item.gate.verdict if item.gate else "stopped"


def mark(item: Judged) -> str:
    """Give the sign of what became of a pipeline; a warning shows in that of a pass."""
    warned = item.gate is not None and state(item) == "pass" and item.gate.tally.warnings
    return MARKS["warning" if warned else state(item)]


def row(item: Judged) -> list[str]:
    """Give the cells of a pipeline's row: four, so that it needs no bar to scroll sideways where GitHub shows it."""
    name = f"{mark(item)}{SPACE}**{breakable(escape(item.change.name))}**"
    return [name, _changed(item), _gates(item), _compared(item)]


def working(item: Judged, artifacts: str) -> str:
    """Fold what changed with its place, the stages with their reasons, every rule, and where the report is."""
    why = [*_framework(item.gate), *_keys(item), *_stages(item), *_tuned(item), *_rules(item.gate)]
    lines = "\n".join([*why, "", *report(item, artifacts)]).rstrip().splitlines()
    title = f"what runs ({_runs(item.change)}) and why, every rule"
    return folded(f"{mark(item)} <b>{escape(item.change.name)}</b>: {title}", lines)


def report(item: Judged, artifacts: str) -> list[str]:
    """Say which file is its report, and in which artifact; `artifacts` is the address where those are listed."""
    artifact, _, file = item.report.partition("/")
    if not file:
        return []
    named = f"<code>{escape(artifact)}</code>"
    return [f"Report: <code>{escape(file)}</code> in {f'[{named}]({artifacts})' if artifacts else named}"]


def _changed(item: Judged) -> str:
    keys = item.change.keys
    said = [f"{_key(key.key)} {plain(key.before, 24)} → {plain(key.after, 24)}" for key in keys[:2]]
    if not keys:
        reasons = dict.fromkeys(reason for stage in item.change.stages for reason in stage.reasons)
        if not reasons and (files := item.change.verifies):
            others = [f"and {len(files) - 2} more"] if len(files) > 2 else []
            return "<br>".join([*(f"{_key(path)} changed" for path in files[:2]), *others])
        said = ["new"] if set(reasons) == {"never ran"} else [_key(reason) for reason in list(reasons)[:2]]
    more = len(keys) - 2
    return "<br>".join([*said, *([f"and {more} more"] if more > 0 else [])]) or "–"


def _key(text: str) -> str:
    return breakable(escape(text, 60))


def _runs(change: Change) -> str:
    """Say which stages run, and for how long."""
    stages = change.stages
    running = [index for index, stage in enumerate(stages) if stage.runs]
    if not running:
        return "nothing: it is verified" if change.verifies else "nothing"
    names = [escape(stages[index].name, 40) for index in running]
    said = ", ".join(names[:8])
    if len(running) == len(stages):
        said = f"all {len(stages)} stages"
    elif len(running) > 2 and running[-1] - running[0] == len(running) - 1:
        said = f"{names[0]} to {names[-1]}"
    return said + ("" if change.seconds is None else f", about {duration(change.seconds)}")


def _gates(item: Judged) -> str:
    if item.gate is None:
        return f"no{SPACE}verdict"
    counts = item.gate.tally
    more = [f"{counts.waived}{SPACE}waived"] if counts.waived else []
    more += [FRAMEWORK_CHANGE] if item.gate.framework else []
    return "<br>".join([f"{counts.passed}/{counts.total}", *more])


def _compared(item: Judged) -> str:
    """Compare with the champion where there is one, by the metric of the first rule that does."""
    if item.gate is None:
        return "–"
    whole = [rule for rule in item.gate.rules if rule.applicable and rule.by is None and rule.value is not None]
    against = next((rule for rule in whole if rule.against == "champion"), None)
    if against is not None:
        before, after = (item.models.get(name, {}).get(against.metric, Figure()) for name in ("champion", "candidate"))
        change = " ".join(measured(against.value, against.low, against.high, sign="+")).replace(" ", SPACE)
        return f"{_key(called(against.metric))} {number(before.value)} → {number(after.value)}<br>{change}"
    alone = next((rule for rule in whole if rule.against == "value"), None)
    if alone is None:
        return "–"
    known = "" if item.gate.champion else "<br>no champion yet"
    return f"{_key(called(alone.metric))} {' '.join(measured(alone.value, alone.low, alone.high))}{known}"


def _framework(gate: GateReport | None) -> Iterator[str]:
    """Say that rows are those which the change's own version of the program makes: a person is to look at that."""
    if gate is not None and gate.framework:
        yield f"**{FRAMEWORK_CHANGE}**: {escape(rows_of_the_change(gate.framework), 600)}"
        yield ""


def _keys(item: Judged) -> Iterator[str]:
    keys = item.change.keys
    if not keys:
        return
    cells = (
        (escape(k.key, 100), plain(k.before, 100), plain(k.after, 100), escape(k.where, 120)) for k in keys[:_KEYS]
    )
    yield from table(("key", "before", "after", "set in"), (map(breakable, each) for each in cells))
    yield from ([f"… and {len(keys) - _KEYS:,} more keys", ""] if len(keys) > _KEYS else [""])


def _stages(item: Judged) -> Iterator[str]:
    if files := item.change.verifies:
        named = ", ".join(escape(path, 100) for path in files[:_KEYS])
        more = f" and {len(files) - _KEYS:,} more" if len(files) > _KEYS else ""
        yield f"- {named}{more} changed: held against each other and judged again, not run"
    for stage in item.change.stages[:_KEYS]:
        if stage.runs and stage.reasons:
            yield f"- **{escape(stage.name, 40)}**: {'; '.join(escape(reason, 100) for reason in stage.reasons[:10])}"
    following = [stage.name for stage in item.change.stages[:_KEYS] if stage.runs and not stage.reasons]
    if following:
        yield f"- then {', '.join(escape(name, 40) for name in following)}"
    yield ""


def _tuned(item: Judged) -> Iterator[str]:
    if item.tuning:
        yield f"Tuned: {escape(item.tuning, 300)}"
        yield ""


def _rules(gate: GateReport | None) -> Iterator[str]:
    if gate is None or not gate.rules:
        return
    yield from table(("rule", "value", "interval", "rows"), map(_judged, gate.rules[:_RULES]), right=("value", "rows"))
    yield from _waivers(gate)
    if len(gate.rules) > _RULES:
        yield from ("", f"… and {len(gate.rules) - _RULES:,} more rules")


def _judged(rule: RuleResult) -> tuple[str, ...]:
    sign = "" if rule.against == "value" else "+"
    value, span = measured(rule.value, rule.low, rule.high, sign=sign)
    span = span if rule.applicable else "–"
    said = breakable(escape(asked(rule), 160)) + _claim(rule) + _warning(rule)
    return f"{MARKS[rule.state]} {said}", value, span, f"{rule.n:,}" if rule.n else "–"


def _waivers(gate: GateReport) -> Iterator[str]:
    """Tell every waiver that the verdict rests on, whatever the verdict is."""
    waived = [(rule, rule.waived) for rule in gate.rules if rule.waived is not None][:_RULES]
    yield from ([""] if waived else [])
    for rule, waiver in waived:
        who = f"for {escape(waiver.owner, 80)}, allowed by {escape(waiver.approver, 80)}"
        until = f"until {escape(waiver.expires, 20)}"
        yield f"- 🕓 {_rule(rule)} is waived {until} {who}: {escape(waiver.reason, 300)}"


def _rule(rule: RuleResult) -> str:
    return escape(about(rule), 120) + _claim(rule)


def _claim(rule: RuleResult) -> str:
    return " (claimed by the change)" if rule.claimed else ""


def _warning(rule: RuleResult) -> str:
    return " (warns only)" if rule.mode == "warn" and rule.state != "pass" else ""
