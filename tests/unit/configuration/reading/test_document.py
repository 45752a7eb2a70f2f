from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from omegaconf import OmegaConf
from omegaconf._utils import get_yaml_loader

from mlops.configuration.reading.parse import MAXIMUM_DEPTH, read
from mlops.configuration.reading.scalar import SPECIAL_STARTS
from mlops.diagnostics import Position

SCALARS = (
    "x", "a b", "1", "-7", "0", "2.5", "-.5", "1.", "1e3", "1.5e-3", "true", "False", "null", "~", "'no'", '"12:30"',
    "'010'", "a:b", "1.2.3", "v1", "1-2", "/a/b", "é", "🙂", "10%", ".5x", "e3", "+3",
)  # fmt: skip
AMBIGUOUS = (
    "no", "Yes", "on", "OFF", "y", "N", "12:30", "1:2:3.5", "010", "0x1f", "0o17", "0b1", "1_000", "2024-01-01",
    ".inf", "-.inf", ".nan", "=",
)  # fmt: skip


def value(text: str) -> Any:
    document = read("f.yaml", text.encode())
    assert document.diagnostics == (), document.diagnostics
    return document.value


def rules(text: str | bytes) -> list[str]:
    return [found.rule for found in read("f.yaml", text if isinstance(text, bytes) else text.encode()).diagnostics]


def test_nothing_that_a_reader_of_yaml_takes_for_more_than_text_begins_otherwise() -> None:
    assert set(get_yaml_loader().yaml_implicit_resolvers) - set("!&*<") == SPECIAL_STARTS


@pytest.mark.parametrize("text", SCALARS)
def test_an_accepted_scalar_means_the_same_to_omegaconf(text: str) -> None:
    ours = value(f"a: {text}")
    theirs = OmegaConf.to_container(OmegaConf.create(f"a: {text}"))
    assert ours == theirs
    assert type(ours["a"]) is type(theirs["a"])


@pytest.mark.parametrize("text", AMBIGUOUS)
def test_a_scalar_that_readers_disagree_on_is_refused(text: str) -> None:
    assert rules(f"a: {text}") == ["yaml-ambiguous"]
    assert value(f'a: "{text}"') == {"a": text}


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("a: 1\na: 2", "yaml-duplicate"),
        ("a: &x [*x]", "yaml-alias"),
        ("a: *x", "yaml-alias"),
        ("a: ${oc.env:HOME}", "code-in-yaml"),
        ("a: ${oc.env :HOME}", "code-in-yaml"),
        ("a: '${ oc.env : HOME}'", "code-in-yaml"),
        ("a: ${a.${b}}", "code-in-yaml"),
        ("a: ${{ secrets.X }}", "code-in-yaml"),
        ("a: [{b: {_target_: os.system}}]", "code-in-yaml"),
        ("_partial_: true", "code-in-yaml"),
        ("a: !!python/name:os.system x", "code-in-yaml"),
        ("a: !custom x", "code-in-yaml"),
        ("a: ! x", "code-in-yaml"),
        ("a: 'x\ty'", "yaml-syntax"),
        ("a: !!int '3'", "code-in-yaml"),
        ("<<: {a: 1}", "yaml-merge"),
        ("a: <<", "yaml-ambiguous"),
        ("a: [<<]", "yaml-ambiguous"),
        ("1: a", "yaml-key"),
        ("[a]: b", "yaml-key"),
        ("null: b", "yaml-key"),
        ("--- {a: 1}\n--- {b: 1}", "yaml-documents"),
        ("", "yaml-empty"),
        ("# x\n", "yaml-empty"),
        ("a: [", "yaml-syntax"),
        ("a: @b", "yaml-syntax"),
        ("a:\n\tb: 1", "yaml-syntax"),
        ("a: \x07", "yaml-syntax"),
        ("[" * 60 + "]" * 60, "yaml-depth"),
        ("a: 1234567890123456789012", "yaml-number"),
    ],
)
def test_a_hostile_or_broken_file_is_refused(text: str, rule: str) -> None:
    assert rules(text) == [rule]


def test_bytes_that_are_no_text_are_refused() -> None:
    assert rules(b"a: \xff") == ["yaml-encoding"]
    assert rules(b"a" * (1 << 20) + b"b") == ["yaml-size"]


def test_a_bomb_is_counted_before_it_grows() -> None:
    levels = "".join(f"{b}: &{b} [{', '.join(['*' + a] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    assert rules("a: &a [x, x, x, x, x, x, x, x, x]\n" + levels) == ["yaml-size"]


def test_an_alias_within_bounds_is_the_value_it_names() -> None:
    assert value("a: &x {b: 1}\nc: *x") == {"a": {"b": 1}, "c": {"b": 1}}


def test_depth_up_to_the_bound_is_read() -> None:
    assert rules("[" * MAXIMUM_DEPTH + "]" * MAXIMUM_DEPTH) == []


def test_every_key_and_value_has_its_place() -> None:
    document = read("f.yaml", b"a:\n  b: [1, x]\n")
    assert document.where(("a", "b")) == Position("f.yaml", 2, 3, 1)
    assert document.where(("a", "b"), key=False).column == 6
    assert document.where(("a", "b", 1)) == Position("f.yaml", 2, 10, 1)
    assert document.where(("a", "nothing", "deeper")) == Position("f.yaml", 1, 1, 1)


LEAVES = st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.text(max_size=12)
KEYS = st.from_regex(r"[a-z][a-z0-9]{0,6}", fullmatch=True).filter(
    lambda key: key not in ("on", "off", "y", "n", "yes", "no", "true", "false", "null")
)
TREES = st.dictionaries(
    KEYS,
    st.recursive(
        LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=12
    ),
    min_size=1,
    max_size=4,
)


@pytest.mark.slow
@given(TREES)
def test_what_pyyaml_writes_is_read_as_hydra_reads_it_or_refused(tree: dict[str, Any]) -> None:
    document = read("f.yaml", yaml.safe_dump(tree, allow_unicode=True).encode("utf-8", "surrogatepass"))
    if not document.diagnostics:
        assert document.value == yaml.load(document.text, Loader=get_yaml_loader())  # noqa: S506 - the oracle


@given(st.text(alphabet="ab:-[]{}&*!|>'\"%@`#,?=~<$ \n\t_0179.", max_size=60))
def test_whatever_is_typed_gives_the_value_hydra_reads_or_findings(text: str) -> None:
    document = read("f.yaml", text.encode())
    if document.diagnostics or "${" in text:
        assert all(found.position.line >= 1 for found in document.diagnostics)
        return
    assert document.value == yaml.load(text, Loader=get_yaml_loader())  # noqa: S506 - OmegaConf's own loader is the oracle


@given(st.binary(max_size=80))
def test_whatever_bytes_come_nothing_raises(data: bytes) -> None:
    document = read("f.yaml", data)
    assert document.root is not None or document.diagnostics
