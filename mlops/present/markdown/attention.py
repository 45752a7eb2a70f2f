"""What did not pass, open and never folded: each with its sentences and what to type, as far as there is room.

The worst have a part each, with what to type; the next their sentences, a line or only their name, as far as there is
room. None is left out silently.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from mlops.documents.gate import GateReport, RuleResult
from mlops.documents.posted_comment import State
from mlops.files.figures import plural
from mlops.present.markdown.evidence import ENDED, Judged
from mlops.present.markdown.sections import WORDS, mark, report, state
from mlops.present.markdown.text import MARKS, escape, fenced

_CODES = {
    3: "Something moved since it was recorded",
    4: "The configuration, or the data it describes, is wrong",
    5: "Bytes are not what a digest promises",
    6: "Something outside did not answer, or is absent; run the job again",
}
_LONG = 500  # letters of a sentence, and 160 where it has to do for all of them
_RULES = 60
_PARTS = 5  # parts of their own: many of them are more than anybody reads


@dataclass(frozen=True)
class _Told:
    """One pipeline at four lengths: its name alone, its first sentence, all of them, a part of its own."""

    forms: tuple[str, str, str, str]
    state: State

    @classmethod
    def of(cls, item: Judged, artifacts: str) -> _Told:
        name, sentences = f"{mark(item)} **{escape(item.change.name)}**", _sentences(item)
        more = f" (and {len(sentences) - 1:,} more)" if len(sentences) > 1 else ""
        line = f"- {name}: {_sentence(item, 160)}{more}"
        listed = "\n".join([f"- {name}: {_headline(item)}", *(f"  - {said}" for said in sentences)])
        lines = [f"#### {name}: {_headline(item)}", "", *(f"- {said}" for said in sentences), "", *_next(item), ""]
        part = "\n".join([*lines, *report(item, artifacts)]).rstrip() + "\n"
        return cls((name, line, listed, part), state(item))


def needs_attention(item: Judged) -> bool:
    """Say whether a person is to look at it: it did not pass, or it passed with a warning."""
    return state(item) != "pass" or bool(_rules(item.gate))


def attention(found: Sequence[Judged], artifacts: str, room: int) -> str:
    """Tell what `needs_attention`, worst first, in at most `room` characters; `artifacts` is where reports are."""
    told = [_Told.of(item, artifacts) for item in found]
    lengths = _lengths(told, room - 200)
    names, lines, listed, parts = (
        [each.forms[level] for each, at in zip(told, lengths, strict=False) if at == level] for level in range(4)
    )
    counted = Counter(each.state for each in told[len(lengths) :])
    names += [f"{count:,} more {WORDS[state]}" for state, count in counted.items()]
    bullets = ["\n".join([*listed, *lines]) + "\n"] if listed or lines else []
    return "\n".join([*parts, *bullets, *([f"Without room for a sentence: {', '.join(names)}.\n"] if names else [])])


def _lengths(told: Sequence[_Told], room: int) -> list[int]:
    """Choose which form of each there is room for; who is not even named comes after all others."""
    named = _fitting([len(each.forms[0]) + 2 for each in told], room * 2 // 3)  # the worst need room for what they say
    lengths, left = [0] * named, room - sum(len(each.forms[0]) + 2 for each in told[:named])
    for level, most in ((3, _PARTS), (1, named), (2, named)):
        for index, each in enumerate(told[: min(most, named)]):
            more = len(each.forms[level]) + 1 - len(each.forms[lengths[index]])
            if lengths[index] < level and more <= left:
                lengths[index], left = level, left - more
    return lengths


def _fitting(lengths: Sequence[int], room: int) -> int:
    """Count how many go into the room, from the first on."""
    return next((index for index, whole in enumerate(accumulate(lengths)) if whole > room), len(lengths))


def _rules(gate: GateReport | None) -> list[RuleResult]:
    """List the rules that did not pass: those that block before those that warn, failures before doubts."""
    listed = () if gate is None else gate.rules
    return [
        rule
        for mode in ("block", "warn")
        for word in ("fail", "inconclusive")
        for rule in listed
        if (rule.mode, rule.state) == (mode, word)
    ]


def _sentences(item: Judged) -> list[str]:
    if item.gate is None:
        return [_stopped(item)]
    rules = _rules(item.gate)
    said = [f"{_marked(rule)} {escape(rule.sentence, _LONG)}" for rule in rules[:_RULES]]
    return [*said, *([f"… and {len(rules) - _RULES:,} more"] if len(rules) > _RULES else [])] or ["No rule applies."]


def _sentence(item: Judged, limit: int) -> str:
    """Give the first of its sentences."""
    if item.gate is None:
        return _stopped(item)
    return next((escape(rule.sentence, limit) for rule in _rules(item.gate)), "no rule applies")


def _marked(rule: RuleResult) -> str:
    return f"{MARKS['warning']} warns only:" if rule.mode == "warn" else MARKS[rule.state]


def _headline(item: Judged) -> str:
    """Say what became of it, and count what stands against it."""
    if item.gate is None:
        code = (
            "its job left no report" if item.exit_code is None else f"a stage stopped with exit code {item.exit_code}"
        )
        return f"no verdict, {'what its run left could not be judged' if item.exit_code in ENDED else code}"
    counts = item.gate.tally
    said = [
        f"{count} of {counts.total} {word}" for word in ("failed", "inconclusive") if (count := getattr(counts, word))
    ]
    return ", ".join([WORDS[state(item)], *said, *([plural(counts.warnings, "warning")] if counts.warnings else [])])


def _stopped(item: Judged) -> str:
    if item.exit_code is None:
        return "The job did not start, or was stopped before the end."
    if item.exit_code in ENDED:
        return "The log of the job that judges says why. What the run says of itself is no verdict."
    return f"{_CODES.get(item.exit_code, 'A defect')}. The log of the job says more."


def _next(item: Judged) -> list[str]:
    """Give what to type: why it is so, then the run after a repair."""
    name = item.change.name
    explain = [] if item.gate is None else [f"mlops gate {name} --explain  # a sentence for every rule"]
    run = [f"mlops run {name}  # after the repair; then commit and push"] if state(item) != "pass" else []
    return fenced(*explain, *run)
