"""The parts of the comment that speak of one pipeline: its row, why it is blocked, what runs, its rules."""

from __future__ import annotations

from collections.abc import Iterator

from mlops.documents.change_report import FRAMEWORK_CHANGE
from mlops.documents.figures import Figure
from mlops.documents.gate import GateReport, RuleResult
from mlops.files.figures import duration, figure, interval
from mlops.ml.evaluation.judging.names import called
from mlops.present.markdown.evidence import ENDED, Change, Judged
from mlops.present.markdown.text import MARKS, escape, fenced, folded, plain, table
from mlops.present.verdicts import about, rows_of_the_change, warned

_CODES = {
    3: "Something moved since it was recorded",
    4: "The configuration, or the data it describes, is wrong",
    5: "Bytes are not what a digest promises",
    6: "Something outside did not answer, or is absent; run the job again",
}
SPACE = "&nbsp;"  # narrow columns stay on one line
_KEYS = 20
_RULES = 60


def state(item: Judged) -> str:
    """Give the verdict of a pipeline, or `stopped` where there is none."""
    return item.gate.verdict if item.gate else "stopped"


def row(item: Judged, *, timed: bool) -> list[str]:
    """Give the cells of a pipeline's row."""
    cells = [MARKS[state(item)], f"**{escape(item.change.name)}**", _changed(item), _runs(item.change)]
    cells += [_gates(item), _compared(item)]
    if timed:
        cells.append("–" if item.change.seconds is None else duration(item.change.seconds, SPACE))
    return cells


def warning(item: Judged) -> str:
    """Name the warnings of a pipeline in a line; nothing where there is none."""
    said = "" if item.gate is None else warned(item.gate.rules)
    return f"⚠️ **{escape(item.change.name)}**: {escape(said, 500)}" if said else ""


def blocked(item: Judged) -> str:
    """Show the first reason and fold a sentence for every rule that did not pass, and the commands that tell more."""
    name = item.change.name
    if item.gate is None:
        code = f"a stage stopped with exit code {item.exit_code}"
        if item.exit_code is None:
            code = "its job left no report"
        elif item.exit_code in ENDED:
            code = "what its run left could not be judged"
        body = [_stopped(item), "", *fenced(f"mlops run {name}")]
        return folded(f"❌ <b>{escape(name)}</b>: no verdict, {code}", body)
    rules = [rule for word in ("fail", "inconclusive") for rule in item.gate.rules if rule.state == word]
    lines = [f"- {MARKS[rule.state]} {escape(rule.sentence, 500)}{_warning(rule)}" for rule in rules[:_RULES]]
    lines += [f"- … and {len(rules) - _RULES:,} more"] if len(rules) > _RULES else []
    commands = ["", *fenced(f"mlops gate {name} --explain", f"mlops run {name}")]
    said = escape(rules[0].sentence, 160) if rules else "no rule applies"
    more = f" (and {len(rules) - 1:,} more)" if len(rules) > 1 else ""
    return folded(f"{MARKS[state(item)]} <b>{escape(name)}</b>: {said}{more}", [*lines, *commands])


def working(item: Judged) -> str:
    """Fold the keys that changed with their places, the stages with their reasons, and every rule."""
    lines = [*_framework(item.gate), *_keys(item), *_stages(item), *_rules(item.gate)]
    return folded(f"<b>{escape(item.change.name)}</b>: what runs and why, every rule", lines)


def _stopped(item: Judged) -> str:
    if item.exit_code is None:
        return "The job did not start, or was stopped before the end."
    if item.exit_code in ENDED:
        return "The log of the job that judges says why. What the run says of itself is no verdict."
    return f"{_CODES.get(item.exit_code, 'A defect')}. The log of the job says more."


def _changed(item: Judged) -> str:
    keys = item.change.keys
    said = [f"{escape(key.key, 50)} {plain(key.before, 24)} → {plain(key.after, 24)}" for key in keys[:2]]
    if not keys:
        reasons = dict.fromkeys(reason for stage in item.change.stages for reason in stage.reasons)
        if not reasons and (files := item.change.verifies):
            others = [f"and {len(files) - 2} more"] if len(files) > 2 else []
            return "<br>".join([*(f"{escape(path, 60)} changed" for path in files[:2]), *others])
        said = ["new"] if set(reasons) == {"never ran"} else [escape(reason, 60) for reason in list(reasons)[:2]]
    more = len(keys) - 2
    return "<br>".join([*said, *([f"and {more} more"] if more > 0 else [])]) or "–"


def _runs(change: Change) -> str:
    stages = change.stages
    running = [index for index, stage in enumerate(stages) if stage.runs]
    if not running:
        return f"nothing:{SPACE}verified" if change.verifies else "–"
    names = [escape(stages[index].name, 40) for index in running]
    if len(running) == len(stages):
        return f"all{SPACE}{len(stages)}{SPACE}stages"
    if len(running) > 2 and running[-1] - running[0] == len(running) - 1:
        return f"{names[0]}{SPACE}…{SPACE}{names[-1]}"
    return ", ".join(names[:8])


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
        change = f"{figure(against.value, '+')} {interval(against.low, against.high, '+')}".replace(" ", SPACE)
        return f"{escape(called(against.metric), 40)} {figure(before.value)} → {figure(after.value)}<br>{change}"
    alone = next((rule for rule in whole if rule.against == "value"), None)
    if alone is None:
        return "–"
    known = "" if item.gate.champion else "<br>no champion yet"
    return f"{escape(called(alone.metric), 40)} {figure(alone.value)} {interval(alone.low, alone.high)}{known}"


def _framework(gate: GateReport | None) -> Iterator[str]:
    """Say that rows are those which the change's own version of the program makes: a person is to look at that."""
    if gate is not None and gate.framework:
        yield f"**{FRAMEWORK_CHANGE}**: {escape(rows_of_the_change(gate.framework), 600)}"
        yield ""


def _keys(item: Judged) -> Iterator[str]:
    keys = item.change.keys
    if not keys:
        return
    rows = ((escape(k.key, 100), plain(k.before, 100), plain(k.after, 100), escape(k.where, 120)) for k in keys[:_KEYS])
    yield from table(("key", "before", "after", "set in"), rows)
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


def _rules(gate: GateReport | None) -> Iterator[str]:
    if gate is None or not gate.rules:
        return
    heads = ("", "rule", "against", "value", "interval", "rows")
    yield from table(heads, map(_judged, gate.rules[:_RULES]), right=("value", "rows"))
    yield from _waivers(gate)
    if len(gate.rules) > _RULES:
        yield from ("", f"… and {len(gate.rules) - _RULES:,} more rules")


def _judged(rule: RuleResult) -> tuple[str, ...]:
    sign = "" if rule.against == "value" else "+"
    span = interval(rule.low, rule.high, sign) if rule.applicable else "–"
    rows = f"{rule.n:,}" if rule.n else "–"
    return MARKS[rule.state], _rule(rule), _against(rule), figure(rule.value, sign), span, rows


def _waivers(gate: GateReport) -> Iterator[str]:
    """Tell every waiver that the verdict rests on, whatever the verdict is."""
    waived = [(rule, rule.waived) for rule in gate.rules if rule.waived is not None][:_RULES]
    yield from ([""] if waived else [])
    for rule, waiver in waived:
        who = f"for {escape(waiver.owner, 80)}, allowed by {escape(waiver.approver, 80)}"
        until = f"until {escape(waiver.expires, 20)}"
        yield f"- 🕓 {_rule(rule)} is waived {until} {who}: {escape(waiver.reason, 300)}"


def _rule(rule: RuleResult) -> str:
    claim = " (claimed by the change)" if rule.claimed else ""
    return escape(about(rule), 120) + claim + _warning(rule)


def _against(rule: RuleResult) -> str:
    if rule.against == "value":
        return figure(rule.bound)
    return escape(rule.against, 40) + (f" {figure(rule.bound, '+')}" if rule.bound else "")


def _warning(rule: RuleResult) -> str:
    return " (warns only)" if rule.mode == "warn" and rule.state != "pass" else ""
