"""Which rules of a gate a change removes or loosens, in a sentence each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from mlops.errors import IntegrityError
from mlops.files.plain_yaml import Values


class _Part(BaseModel, extra="allow", frozen=True, defer_build=True):
    """A part of a gate's section as some release compiled it; keys of others count where two are compared."""


class _Rule(_Part):
    metric: str
    against: str = "value"
    by: str | None = None
    under: str | None = None
    of: str | None = None
    relative: bool = False
    strict: bool = False
    at_least: float | None = None
    at_most: float | None = None
    mode: str = "block"
    test: str | None = None
    correction: str | None = None
    groups: tuple[str, ...] | None = None

    @property
    def about(self) -> tuple[str | bool | None, ...]:
        """What it bounds: two rules of one are compared by their bounds."""
        return self.metric, self.against, self.by, self.under, self.of, self.relative


class _Metric(_Part):
    use: str
    better: str
    parameters: Values | None = None


class _Waiver(_Part):
    rule: str
    expires: Any
    reason: str
    slice: str | None = None


class _Leak(_Part):
    columns: tuple[str, ...]
    reason: str
    until: str | None = None


class _Bootstrap(_Part):
    confidence: float = 0.95
    samples: int = 0
    seed: int | None = None


class _Cost(_Part):
    """What decisions are worth: by class, or under keys of their own."""

    classes: dict[str, dict[str, float]] | None = None


class Gate(_Part):
    """What a gate asks for."""

    rules: tuple[_Rule, ...] = ()
    serving: tuple[_Rule, ...] | None = None
    data: tuple[_Rule, ...] | None = None
    own: dict[str, _Metric] | None = None
    waivers: tuple[_Waiver, ...] | None = None
    accepted_leak: _Leak | None = None
    bootstrap: _Bootstrap | None = None
    minimum_rows: int = 0
    cost: _Cost | None = None
    group: str | None = None

    @classmethod
    def read(cls, section: Mapping[str, Any]) -> Gate:
        """Read a gate's section of parameters; raises IntegrityError where it is none."""
        try:
            return cls.model_validate(section)
        except ValueError as error:
            raise IntegrityError("the section `gate` of params.yaml is damaged", hint="run `mlops compile`") from error

    @property
    def own_files(self) -> frozenset[str]:
        """The files of the pipeline's folder that measure metrics of its own."""
        return frozenset(file_of(metric.use) for metric in (self.own or {}).values())

    @property
    def every_rule(self) -> tuple[_Rule, ...]:
        """All of its rules, whatever they are about."""
        return (*self.rules, *(self.serving or ()), *(self.data or ()))


def loosened(old: Gate, new: Gate, changed: Collection[str] = ()) -> tuple[str, ...]:
    """Say what of an earlier gate no longer holds; empty where every earlier rule is still asked for.

    `changed` are the files of the pipeline's folder that are not what they were.
    """
    found = [sentence for rule in old.every_rule for sentence in _rule(rule, new.every_rule)]
    return tuple(dict.fromkeys([*found, *_own(old, new, changed), *_waived(old, new), *_method(old, new)]))


def only_in(rules: Iterable[Any], others: Iterable[Any]) -> str:
    """Spell the rules that another list does not have; "(none)" where it has them all."""
    these, those = (Gate.read({"rules": each}).every_rule for each in (rules, others))
    return ", ".join(_spell(rule).strip("`") for rule in these if rule not in those) or "(none)"


def _rule(old: _Rule, rules: Iterable[_Rule]) -> Iterator[str]:
    same = [new for new in rules if new.about == old.about]
    if any(_implies(new, old) for new in same):
        return
    if not same:
        yield f"the rule {_spell(old)} was removed"
    else:
        yield f"the rule {_spell(old)} was loosened to {', '.join(_spell(new) for new in same)}"


def _implies(new: _Rule, old: _Rule) -> bool:
    """Whether whatever passes the new rule also passes the old one."""
    low, high = old.at_least, old.at_most
    floor, ceiling = new.at_least, new.at_most
    return (
        (new.mode == "block" or old.mode == "warn")
        and new.test == old.test
        and (new.strict or not old.strict)
        and (new.correction in (None, "holm") or new.correction == old.correction)
        and set(old.groups or ()) <= set(new.groups or ())
        and (low is None or (floor is not None and floor >= low))
        and (high is None or (ceiling is not None and ceiling <= high))
    )


def _spell(rule: _Rule) -> str:
    parts = [rule.metric + ("" if rule.against == "value" else f" over {rule.against}")]
    parts += [f"{word} {what}" for word, what in (("under", rule.under), ("by", rule.by), ("of", rule.of)) if what]
    bounds = (("at least", rule.at_least), ("at most", rule.at_most))
    parts += [f"{word} {bound:g}" for word, bound in bounds if bound is not None]
    parts += [f"({how.replace('_', '-')})" for how in (rule.test, rule.correction) if how]
    parts += [f"({word})" for word, said in (("relative", rule.relative), ("strict", rule.strict)) if said]
    parts += ["(only a warning)"] if rule.mode == "warn" else []
    return "`" + " ".join(parts) + "`"


def _own(before: Gate, after: Gate, changed: Collection[str]) -> Iterator[str]:
    """Find metrics of the pipeline's own that measure something else now: what they promised is not comparable."""
    metrics = after.own or {}
    for name, old in (before.own or {}).items():
        if name not in metrics:
            continue  # its rules are gone, which is said of them
        if metrics[name] != old:
            yield f"what `{name}` measures was changed from {_measures(old)} to {_measures(metrics[name])}"
        if file_of(old.use) in changed:
            yield f"the code of `{old.use}` changed"


def file_of(use: str) -> str:
    """Name the file in the pipeline's folder that an address of its own code stands for."""
    return f"{use.partition(':')[0].split('.')[2]}.py"


def _measures(metric: _Metric) -> str:
    given = "".join(f", {key} {value}" for key, value in sorted((metric.parameters or {}).items()))
    return f"`{metric.use}` ({metric.better} is better{given})"


def _waived(before: Gate, after: Gate) -> Iterator[str]:
    leak, old = after.accepted_leak, set(before.accepted_leak.columns if before.accepted_leak else ())
    if leak is not None and (more := [name for name in leak.columns if name not in old]):
        yield f"the model may hang on {', '.join(f'`{name}`' for name in more)}, as if it were no leak: {leak.reason}"
    elif leak is not None and (had := before.accepted_leak) is not None and _later(had.until, leak.until):
        yield f"what the model hangs on is accepted as no leak {_till(leak.until)}, {_till(had.until)} before"
    for waiver in after.waivers or ():
        if waiver not in (before.waivers or ()):
            where = f" where the slice is {waiver.slice}" if waiver.slice else ""
            yield f"the rule `{waiver.rule}` is waived{where} until {waiver.expires}: {waiver.reason}"


def _later(before: str | None, after: str | None) -> bool:
    """Whether what is accepted ends later than it did; without a day it never ends."""
    return before is not None and (after is None or after > before)


def _till(day: str | None) -> str:
    return "for ever" if day is None else f"until {day}"


def _worth(cost: _Cost | None) -> str:
    """Spell the values of decisions, leaving out what is not said."""
    if cost is None:
        return "nothing"
    if cost.classes is not None:
        items = [(f"{true} as {decided}", v) for true, row in cost.classes.items() for decided, v in row.items()]
    else:
        told = (cost.model_extra or {}).items()
        items = [(name.replace("_", " "), value) for name, value in told if isinstance(value, int | float)]
    return ", ".join(f"{name} {value:g}" for name, value in sorted(items))


def _method(before: Gate, after: Gate) -> Iterator[str]:
    old, new = before.bootstrap or _Bootstrap(), after.bootstrap or _Bootstrap()
    if new.confidence < old.confidence:
        yield f"the confidence was lowered from {old.confidence:g} to {new.confidence:g}"
    if new.samples < old.samples:
        yield f"the resamples were lowered from {old.samples:,} to {new.samples:,}"
    if new.seed != old.seed:
        yield f"the seed of the resamples was changed from {old.seed} to {new.seed}"
    if after.minimum_rows < before.minimum_rows:
        yield f"the rows a slice needs were lowered from {before.minimum_rows} to {after.minimum_rows}"
    if before.cost is not None and before.cost != after.cost:
        yield f"what decisions are worth was changed from {_worth(before.cost)} to {_worth(after.cost)}"
    if before.group != after.group:
        yield f"what is resampled whole was changed from {before.group} to {after.group}"
