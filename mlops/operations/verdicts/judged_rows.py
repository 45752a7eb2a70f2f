"""Which rows a change judges on, and how much each counts, where that is not as it was: a sentence each.

No rule of a gate says it, and every rule depends on it: another split, another condition or another weight can pass a
model that the rows of before would fail.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from mlops.blocks.derived import Derived, origins
from mlops.files.plain_yaml import Values

_SPLIT = ("by", "key", "values", "gap", "fractions", "folds", "seed")
_LONGEST = 200


def moved(before: Mapping[str, Values], after: Mapping[str, Values], changed: Collection[str] = ()) -> tuple[str, ...]:
    """Say what of the rows that are judged is another; both are a pipeline's sections of parameters by stage.

    `changed` are the files of the pipeline's folder that are not what they were. A stage that one of both lacks was
    compiled by a release that had none of it, and says nothing.

    >>> moved({"validate": {"weight": "w"}}, {"validate": {"target": "y"}})
    ('rows count alike in every figure, and not by `w`',)
    """
    return (
        *_of("validate", before, after, _weight),
        *_of("validate", before, after, _where),
        *_of("validate", before, after, _target),
        *_of("split", before, after, _split),
        *_of("ingest", before, after, lambda old, new: _test_set(old, new, changed)),
    )


def _of(stage: str, before: Mapping[str, Values], after: Mapping[str, Values], say: Any) -> Iterator[str]:
    old, new = before.get(stage), after.get(stage)
    if isinstance(old, dict) and isinstance(new, dict):  # what a base has compiled may have any shape
        yield from say(old, new)


def _weight(old: Values, new: Values) -> Iterator[str]:
    was, now = old.get("weight"), new.get("weight")
    if was != now:
        counted = "alike in every figure" if now is None else f"by `{_short(now)}` in every figure"
        yield f"rows count {counted}, and not {'alike' if was is None else f'by `{_short(was)}`'}"


def _where(old: Values, new: Values) -> Iterator[str]:
    was, now = (_kept(section.get("where")) for section in (old, new))
    if was != now:
        yield f"a model is judged on {now}, and not on {was}"


def _kept(where: Any) -> str:
    keep = where.get("keep") if isinstance(where, dict) else where
    return "all rows" if keep is None else f"rows with `{_short(keep)}`"


def _target(old: Values, new: Values) -> Iterator[str]:
    was, now = old.get("target"), new.get("target")
    if was != now:
        yield f"what is judged is `{_short(now)}`, and not `{_short(was)}`"
    if old.get("positive") != new.get("positive"):
        yield f"what counts as positive was changed from {_short(old.get('positive'))} to {_short(new.get('positive'))}"
    if bool(old.get("drop_null_target")) != bool(new.get("drop_null_target")):
        yield f"rows without a target are {'left out' if new.get('drop_null_target') else 'left out no more'}"
    derived = [section.get("derive") or {} for section in (old, new)]
    pairs = zip(derived, (was, now), strict=True)
    for name in sorted({name for computed, target in pairs for name in _made(computed, target)}):
        one, other = (computed.get(name) for computed in derived)
        if one != other:
            yield f"the target is computed otherwise: `{name}` is {_computed(other)}, and was {_computed(one)}"


def _made(computed: Any, target: Any) -> Iterator[str]:
    """List the computed columns that a target is made of, itself among them."""
    if not isinstance(computed, dict) or target not in computed:
        return
    known = {name: each if isinstance(each, str) else Derived.model_validate(each) for name, each in computed.items()}
    yield target
    yield from (name for name in origins(known, target) if name in known)


def _computed(each: Any) -> str:
    if each is None:
        return "a column of the data"
    if isinstance(each, str):
        return f"`{_short(each)}`"
    value = "" if each.get("value") is None else f" {each['value']}"
    rule, column = each.get("rule"), each.get("from")
    return f"`{_short(f'{rule} of {column}{value}')}`"


def _split(old: Values, new: Values) -> Iterator[str]:
    for key in _SPLIT:
        was, now = old.get(key), new.get(key)
        if (was or None) != (now or None):
            yield f"other rows are judged on: `split.{key}` was changed from {_short(was)} to {_short(now)}"


def _test_set(old: Values, new: Values, changed: Collection[str]) -> Iterator[str]:
    was, now = (_file(section.get("test")) for section in (old, new))
    if was != now:
        yield f"what is judged on is {_named(now)}, and not {_named(was)}"
    elif now is not None and old.get("test") != new.get("test"):
        yield f"the test set {_short(now)} is read otherwise"
    elif now is not None and any(file == now or file.startswith(f"{now}/") for file in changed):
        yield f"the test set {_short(now)} is another file"


def _file(source: Any) -> str | None:
    if not isinstance(source, dict):
        return None
    path, package = source.get("path"), source.get("package")
    return f"{package}/{path}" if package else str(path)


def _named(file: str | None) -> str:
    return "a part of the data" if file is None else f"the test set {_short(file)}"


def _short(value: Any) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        value = ", ".join(f"{name} {part}" for name, part in value.items())
    text = str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
