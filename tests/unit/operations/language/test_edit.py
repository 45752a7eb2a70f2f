"""A key set in the text of a YAML file: it has the value, and every other byte stays."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mlops.errors import ConfigurationError
from mlops.operations.language.edit import Keys, appended, edited
from mlops.operations.language.flow import Value

CASES: dict[str, tuple[str, Keys, Value, str]] = {
    "a value of a line": ("a: 1  # one\nb: 2\n", ("a",), 0.5, "a: 0.5  # one\nb: 2\n"),
    "inside braces": ("a: {b: {c: 1}, d: 2}\n", ("a", "b", "c"), "yes", 'a: {b: {c: "yes"}, d: 2}\n'),
    "new inside braces": ("a: {b: 1}  # c\n", ("a", "c"), [3], "a: {b: 1, c: [3]}  # c\n"),
    "new behind a comma": ("a: {b: 1,}\n", ("a", "c"), 2, "a: {b: 1, c: 2}\n"),
    "new in a block, above its comments": (
        "a:\n  # why\n  b: 1  # c\n  # end\n\nz: 1\n",
        ("a", "c"),
        2,
        "a:\n  # why\n  b: 1  # c\n  c: 2\n  # end\n\nz: 1\n",
    ),
    "new in a block inside a block": (
        "m:\n  x:\n    y: 1\n  z: 2\n",
        ("m", "x", "w"),
        3,
        "m:\n  x:\n    y: 1\n    w: 3\n  z: 2\n",
    ),
    "a list of lines": (
        "h:  # widths\n  - 64\n  - 64\n# next\nz: 1\n",
        ("h",),
        [32],
        "h: [32]  # widths\n# next\nz: 1\n",
    ),
    "nothing": ("a:\nb: 1\n", ("a", "b"), 1, "a: {b: 1}\nb: 1\n"),
    "no mapping yet": ("a: {}\n", ("a", "b"), 1, "a: {b: 1}\n"),
    "at the end": ("a:\n  - b: 1\n    c: 2\n", ("d", "e"), 1e-05, "a:\n  - b: 1\n    c: 2\nd: {e: 1.0e-05}\n"),
    "without a last line break": ("a: 1", ("b",), 1, "a: 1\nb: 1\n"),
    "in a list": ("d:\n  - /m: [l, p]\n  - _self_\n", ("d", 0, "/m"), ["p"], "d:\n  - /m: [p]\n  - _self_\n"),
    "text of several lines": ("t: |\n  long\n  text\nb: 1\n", ("t",), "x", "t: x\nb: 1\n"),
    "behind text of several lines": ("a: >-\n  x\n\n# t\n", ("b",), None, "a: >-\n  x\nb: null\n\n# t\n"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_key_is_set_where_it_stands(case: str) -> None:
    text, path, value, expected = CASES[case]
    assert edited(text, path, value) == expected


@pytest.mark.parametrize("text", ["a: &x 1\nb: *x\n", "", "a: &x {c: 1}\nb: *x\n"])
def test_what_cannot_be_set_in_place_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="cannot be set in place"):
        edited(text, ("b", "c"), 2)


APPENDED: dict[str, tuple[str, str]] = {
    "to an empty list": ("# why\nl: []  # c\nz: 1\n", "# why\nl:  # c\n  - a: 1\n    b: x\nz: 1\n"),
    "without a last line break": ("l: []", "l:\n  - a: 1\n    b: x\n"),
    "no such list": ("z: 1\n", "z: 1\nl:\n  - a: 1\n    b: x\n"),
    "behind items, above comments": (
        "l:\n  - a: 0  # c\n  # end\nz: 1\n",
        "l:\n  - a: 0  # c\n  - a: 1\n    b: x\n  # end\nz: 1\n",
    ),
    "at the margin": ("l:\n- {a: 0}\n", "l:\n- {a: 0}\n- a: 1\n  b: x\n"),
    "inside brackets": ("l: [{a: 0}]  # c\n", "l: [{a: 0}, {a: 1, b: x}]  # c\n"),
    "before a comma": ("l: [{a: 0}, ]\n", "l: [{a: 0}, {a: 1, b: x}, ]\n"),
    "above a comment inside brackets": ("l: [\n  {a: 0}  # c\n]\n", "l: [\n  {a: 0}, {a: 1, b: x}  # c\n]\n"),
    "before a comment in brackets": ("l: [\n  {a: 0},  # c\n]\n", "l: [\n  {a: 0}, {a: 1, b: x},  # c\n]\n"),
    "below a comment of its key": ("l:  # c\n  []\nz: 1\n", "l:  # c\n  - a: 1\n    b: x\nz: 1\n"),
}


@pytest.mark.parametrize("case", APPENDED)
def test_an_item_is_added_where_the_list_stands(case: str) -> None:
    text, expected = APPENDED[case]
    assert appended(text, "l", {"a": 1, "b": "x"}) == expected
    assert yaml.safe_load(expected)["l"][-1] == {"a": 1, "b": "x"}


NOT_ADDED = {
    "nothing": "",
    "no list": "l: 1\n",
    "null": "l:\n",
    "in braces": "{z: 1}\n",
    "an alias": "a: &x [1]\nl: *x\n",
    "an anchor": "l: &x\n  - a: 0\n",
    "an alias is the last item": "a: &x {a: 0}\nl:\n  - *x\n",
    "a last text that keeps its line breaks": "l:\n  - a: |+\n      x\n\n\nz: 1\n",
    "twice": "l: []\nl: []\n",
}


@pytest.mark.parametrize("text", NOT_ADDED.values(), ids=NOT_ADDED)
def test_a_list_that_cannot_be_added_to_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="`l` cannot be set in place"):
        appended(text, "l", {"a": 1})


names = st.sampled_from(["a", "b", "no", "lr", "x-1"])
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text("aé :#'\"\n", max_size=6)
)
nests = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3), max_leaves=8
)


@given(st.dictionaries(names, nests, min_size=1), st.lists(names, min_size=1, max_size=3), nests, st.booleans())
def test_the_file_says_so_then_and_nothing_else_is_otherwise(
    before: dict[str, Value], path: list[str], value: Value, flow: bool
) -> None:
    text = yaml.safe_dump(before, default_flow_style=flow, allow_unicode=True, sort_keys=False)
    expected = yaml.safe_load(text)
    here = expected
    for key in path[:-1]:
        if not isinstance(here.get(key), dict):
            here[key] = {}
        here = here[key]
    here[path[-1]] = value
    try:
        found = edited(text, path, value)
    except ConfigurationError:
        assert "*id" in text  # an alias of the dumper's
        return
    assert yaml.safe_load(found) == expected
