"""Overrides are data: Hydra's grammar, every value read as a file would have it, what is wrong at its place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from mlops.configuration.reading.document import Document
from mlops.configuration.reading.overrides import (
    COMMAND_LINE,
    MOST,
    choose,
    read_overrides,
    set_over,
    written,
)
from mlops.configuration.reading.parse import read
from mlops.diagnostics import Diagnostic, render


def told(texts: Sequence[str], found: Sequence[Diagnostic]) -> list[str]:
    return render(found, {COMMAND_LINE: written(texts)}).splitlines()[:-1]


def values(text: str) -> tuple[Any, ...]:
    (override,), found = read_overrides([text])
    assert found == ()
    return override.values


def over(*texts: str) -> tuple[Document, tuple[Diagnostic, ...]]:
    overrides, found = read_overrides(texts)
    assert found == ()
    return set_over(texts, [(override, override.values[0]) for override in overrides])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("lr=0.001,0.01", (0.001, 0.01)),
        ("hidden=[64,64],[32]", ([64, 64], [32])),
        ("depth=range(1,4)", (1, 2, 3)),
        ("kind=choice(mlp,'a b')", ("mlp", "a b")),
        ("x={a: [1,'q'], b: null}", ({"a": [1, "q"], "b": None},)),
        ("x=int('3')", (3,)),
        ("x=", ("",)),
        ("x=sort(3,1,2)", (1, 2, 3)),
        ("x=true,'true'", (True, "true")),
    ],
)
def test_values_are_those_that_hydra_reads(text: str, expected: tuple[Any, ...]) -> None:
    assert values(text) == expected
    parsed = OverridesParser.create().parse_override(text)
    if not parsed.is_sweep_override():
        assert parsed.value() == expected[0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("foo", "`foo` has no `=`"),
        ("a=[1", "`a=[1` is no override of Hydra's"),
        ("a=int(x)", "`a=int(x)` is no override of Hydra's"),
        ("~a.b", "`~a.b` takes a key away, which a trial does not"),
        ("a@b=c", "`a@b` is not a key that a command can set"),
        ("_target_=os.system", "`_target_` is not a key that a command can set"),
        ("a._target_=os.system", "`a._target_` is not a key that a command can set"),
        ("a=interval(0,1)", "`a` has no values to try one by one"),
        ("a=glob(*)", "`a` names options by a pattern"),
        ("a=range(0,1000000000)", f"`a` has more than {MOST} values"),
        ("a=" + "[" * 5000, "`a=" + "[" * 78 + "` has 5,002 letters: at most 4,000 are read"),
        ("a\nb=1", "`a\\nb=1` is no override of Hydra's"),
    ],
)
def test_what_no_trial_does_is_refused(text: str, message: str) -> None:
    overrides, (found,) = read_overrides([text])
    assert (overrides, found.message, found.rule) == ((), message, "override")


def test_everything_wrong_is_told_at_once_each_at_its_place() -> None:
    texts = ["model.mlp.lr=1", "foo", "model.mlp.lr=2"]
    _, found = read_overrides(texts)
    assert told(texts, found) == [
        "command line:2:1: `foo` has no `=` [override]",
        "  2 | foo",
        "    | ^^^",
        "  write KEY=VALUE, KEY=VALUE,VALUE or KEY=[VALUE,VALUE], in quotes where the shell reads it otherwise",
        "command line:3:1: `model.mlp.lr` is given twice [override]",
        "  3 | model.mlp.lr=2",
        "    | ^^^^^^^^^^^^",
        "  separate values by commas",
    ]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("a=${oc.env:HOME}", "code-in-yaml"),
        ("a='x${{ secrets.TOKEN }}'", "code-in-yaml"),
        ("a={b: {_target_: os.system}}", "code-in-yaml"),
        ("a=1000000000000000000000", "yaml-number"),
        ("a=[x,'${now:%Y}']", "code-in-yaml"),
    ],
)
def test_a_value_that_no_file_may_have_is_refused(text: str, rule: str) -> None:
    _, found = over(text)
    assert [(each.rule, each.position.line, each.position.column) for each in found] == [(rule, 1, 3)]


def test_keys_are_nested_and_one_over_another_is_refused() -> None:
    document, found = over("model.mlp.lr=0.1", "model.mlp.hidden=[1]", "seed=3", "+model.other.kind=linear")
    assert found == ()
    assert document.value == {"model": {"mlp": {"lr": 0.1, "hidden": [1]}, "other": {"kind": "linear"}}, "seed": 3}
    assert str(document.where(("model", "mlp", "lr"), key=False)) == "command line:1:14"
    _, (clash,) = over("a.b=1", "a=2")
    assert clash.message == "`a` is set twice in this command"


def test_a_group_is_chosen_by_names_alone() -> None:
    overrides, _ = read_overrides(["model=mlp,[mlp,linear]", "trainer={max_epochs: 3}", "seed=1"])
    assert [override.group for override in overrides] == [True, False, False]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("defaults:\n  - /model: [a, b]\n  - _self_\n", [{"/model": "mlp"}, "_self_"]),
        ("defaults:\n  - /data: x\n  - _self_\n", [{"/data": "x"}, {"/model": "mlp"}, "_self_"]),
        ("seed: 1\n", [{"/model": "mlp"}]),
    ],
)
def test_a_group_takes_its_place_in_the_defaults(text: str, expected: list[object]) -> None:
    (override,), _ = read_overrides(["model=mlp"])
    document = read("conf/pipeline/x.yaml", text.encode())
    chosen = choose(document, [(override, "mlp")])
    assert chosen.value["defaults"] == expected
    place = expected.index({"/model": "mlp"})
    assert chosen.where(("defaults", place, "/model"), key=False).file == COMMAND_LINE
    assert document.value.get("defaults", []) != expected  # what was read is shared, and stays
