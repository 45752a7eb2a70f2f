"""Which rules of a gate a change removes or loosens, in a sentence each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

Rule = Mapping[str, Any]
Section = Mapping[str, Any]


def loosened(before: Section, after: Section, changed: Collection[str] = ()) -> tuple[str, ...]:
    """Say what of an earlier gate no longer holds; empty where every earlier rule is still asked for.

    `changed` are the files of the pipeline's folder that are not what they were.
    """
    rules = _rules(after)
    found = [sentence for rule in _rules(before) for sentence in _rule(rule, rules)]
    return tuple(
        dict.fromkeys([*found, *_own(before, after, changed), *_waived(before, after), *_method(before, after)])
    )


def _rules(section: Section) -> list[Rule]:
    return [rule for key in ("rules", "serving", "data") for rule in section.get(key) or []]


def only_in(rules: Sequence[Rule], others: Sequence[Rule]) -> str:
    """Spell the rules that another list does not have; "(none)" where it has them all."""
    return ", ".join(_spell(rule).strip("`") for rule in rules if rule not in others) or "(none)"


def _rule(old: Rule, rules: Iterable[Rule]) -> Iterator[str]:
    same = [new for new in rules if _about(new) == _about(old)]
    if any(_implies(new, old) for new in same):
        return
    if not same:
        yield f"the rule {_spell(old)} was removed"
    else:
        yield f"the rule {_spell(old)} was loosened to {', '.join(_spell(new) for new in same)}"


def _about(rule: Rule) -> tuple[Any, ...]:
    of = rule.get("of"), rule.get("relative", False)
    return rule["metric"], rule.get("against", "value"), rule.get("by"), rule.get("under"), *of


def _implies(new: Rule, old: Rule) -> bool:
    """Whether whatever passes the new rule also passes the old one."""
    low, high = old.get("at_least"), old.get("at_most")
    floor, ceiling = new.get("at_least"), new.get("at_most")
    blocks = new.get("mode", "block") == "block" or old.get("mode", "block") == "warn"
    return (
        blocks
        and new.get("test") == old.get("test")
        and (new.get("strict", False) or not old.get("strict", False))
        and (new.get("correction", "holm") == "holm" or new.get("correction") == old.get("correction"))
        and set(old.get("groups") or ()) <= set(new.get("groups") or ())
        and (low is None or (floor is not None and floor >= low))
        and (high is None or (ceiling is not None and ceiling <= high))
    )


def _spell(rule: Rule) -> str:
    against = rule.get("against", "value")
    parts = [rule["metric"] + ("" if against == "value" else f" over {against}")]
    parts += [f"{key} {rule[key]}" for key in ("under", "by", "of") if rule.get(key)]
    parts += [f"{key.replace('_', ' ')} {rule[key]:g}" for key in ("at_least", "at_most") if rule.get(key) is not None]
    parts += [f"({rule[key].replace('_', '-')})" for key in ("test", "correction") if rule.get(key)]
    parts += [f"({key})" for key in ("relative", "strict") if rule.get(key)]
    parts += ["(only a warning)"] if rule.get("mode") == "warn" else []
    return "`" + " ".join(parts) + "`"


def _own(before: Section, after: Section, changed: Collection[str]) -> Iterator[str]:
    """Find metrics of the pipeline's own that measure something else now: what they promised is not comparable."""
    metrics = after.get("own") or {}
    for name, old in (before.get("own") or {}).items():
        if name not in metrics:
            continue  # its rules are gone, which is said of them
        if metrics[name] != old:
            yield f"what `{name}` measures was changed from {_measures(old)} to {_measures(metrics[name])}"
        if file_of(old["use"]) in changed:
            yield f"the code of `{old['use']}` changed"


def file_of(use: str) -> str:
    """Name the file in the pipeline's folder that an address of its own code stands for."""
    return f"{use.partition(':')[0].split('.')[2]}.py"


def _measures(metric: Mapping[str, Any]) -> str:
    given = "".join(f", {key} {value}" for key, value in sorted((metric.get("parameters") or {}).items()))
    return f"`{metric['use']}` ({metric['better']} is better{given})"


def _waived(before: Section, after: Section) -> Iterator[str]:
    known = before.get("waivers") or []
    for waiver in after.get("waivers") or []:
        if waiver not in known:
            where = f" where the slice is {waiver['slice']}" if waiver.get("slice") else ""
            yield f"the rule `{waiver['rule']}` is waived{where} until {waiver['expires']}: {waiver['reason']}"


def _worth(cost: Mapping[str, Any] | None) -> str:
    """Spell the values of decisions, leaving out what is not said."""
    if cost is None:
        return "nothing"
    if cost.get("classes") is not None:
        items = [(f"{true} as {decided}", v) for true, row in cost["classes"].items() for decided, v in row.items()]
    else:
        items = [(name.replace("_", " "), value) for name, value in cost.items() if isinstance(value, int | float)]
    return ", ".join(f"{name} {value:g}" for name, value in sorted(items))


def _method(before: Section, after: Section) -> Iterator[str]:
    old, new = before.get("bootstrap") or {}, after.get("bootstrap") or {}
    if new.get("confidence", 0.95) < old.get("confidence", 0.95):
        yield f"the confidence was lowered from {old.get('confidence', 0.95):g} to {new.get('confidence', 0.95):g}"
    if new.get("samples", 0) < old.get("samples", 0):
        yield f"the resamples were lowered from {old['samples']:,} to {new.get('samples', 0):,}"
    if new.get("seed") != old.get("seed"):
        yield f"the seed of the resamples was changed from {old.get('seed')} to {new.get('seed')}"
    if after.get("minimum_rows", 0) < before.get("minimum_rows", 0):
        rows = f"from {before['minimum_rows']} to {after.get('minimum_rows', 0)}"
        yield f"the rows a slice needs were lowered {rows}"
    if before.get("cost") is not None and before["cost"] != after.get("cost"):
        yield f"what decisions are worth was changed from {_worth(before['cost'])} to {_worth(after.get('cost'))}"
    if before.get("group") != after.get("group"):
        yield f"what is resampled whole was changed from {before.get('group')} to {after.get('group')}"
