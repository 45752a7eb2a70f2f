"""Which modules a tier leaves out unread, and which are begun first: read off tests/conftest.py."""

from __future__ import annotations

import re

import pytest

from tests import conftest
from tests.conftest import ROOT

TOOLS, REST = "tools or long", "not tools and not long"
WHOLE = "pytestmark = [\n    pytest.mark.slow,\n    pytest.mark.tools,\n]\n"
SOME = "pytestmark = pytest.mark.slow\n\n\n@pytest.mark.long\ndef test_all(): ...\n\n\ndef test_part(): ...\n"
PLAYS = "pytestmark = plays.MARKS\n"
FAST = "def test_it(): ...\n"


@pytest.mark.parametrize(
    ("text", "tools", "rest"),
    [(WHOLE, False, True), (PLAYS, False, True), (SOME, False, False), (FAST, True, False)],
    ids=["whole", "plays", "some", "fast"],
)
def test_a_module_is_left_out_where_its_text_says_that_nothing_of_it_is_wanted(
    text: str, tools: bool, rest: bool
) -> None:
    assert (conftest.unwanted(text, TOOLS), conftest.unwanted(text, REST)) == (tools, rest)


@pytest.mark.parametrize("expression", ["", "tools and slow", "not (tools or long)", "slow and not tools"])
def test_of_any_other_expression_every_module_is_read(expression: str) -> None:
    assert not [text for text in (WHOLE, PLAYS, SOME, FAST) if conftest.unwanted(text, expression)]


def test_nobody_marks_the_tests_of_another_module_unknown() -> None:
    """Such a mark stands in no text of the module that has it, which would then be left out."""
    helpers = [path for path in (ROOT / "tests").rglob("*.py") if not path.name.startswith("test_")]
    marks = re.compile(r"pytest\.mark\.(long|slow|tools)\b")
    marking = {path.relative_to(ROOT).as_posix() for path in helpers if marks.search(path.read_text())}
    assert marking == {*conftest.MARKING}


def test_what_is_begun_first_is_there_and_other_modules_follow_in_their_order() -> None:
    assert [path for path in conftest.LONGEST if not (ROOT / path).exists()] == []
    files = ("unit/a.py", "e2e/test_demo.py", "fuzz/b.py", "e2e/test_year.py")
    tests = [f"tests/{file}::test" for file in files]
    assert sorted(tests, key=conftest.place) == [tests[3], tests[1], tests[0], tests[2]]
