from __future__ import annotations

import re

from mlops.diagnostics import Diagnostic, Position, inert, nearest, render, suggest, visible
from mlops.ml.data.columns import missing

SOURCES = {"conf/a.yaml": "defaults:\n  - /gates: binary_clasifier\n"}


def test_a_finding_shows_its_line_a_caret_and_the_cure() -> None:
    found = Diagnostic(
        Position("conf/a.yaml", 2, 13, 16), "unknown option", "did you mean `binary_classifier`?", "unknown-option"
    )
    assert render([found], SOURCES) == (
        "conf/a.yaml:2:13: unknown option [unknown-option]\n"
        "  2 |   - /gates: binary_clasifier\n"
        "    |             ^^^^^^^^^^^^^^^^\n"
        "  did you mean `binary_classifier`?\n"
        "1 problem in 1 file"
    )


def test_findings_are_sorted_by_place_and_told_once() -> None:
    one, two = Diagnostic(Position("b", 1), "second"), Diagnostic(Position("a", 9), "first")
    assert render([one, two, one], {}).splitlines() == [
        "a:9:1: first [syntax]",
        "b:1:1: second [syntax]",
        "2 problems in 2 files",
    ]


def test_a_place_beyond_the_file_prints_no_line() -> None:
    assert (
        render([Diagnostic(Position("conf/a.yaml", 99), "x")], SOURCES)
        == "conf/a.yaml:99:1: x [syntax]\n1 problem in 1 file"
    )


def test_the_nearest_name_is_suggested() -> None:
    assert suggest("auc", ["auroc", "f1"]) == "did you mean `auroc`? also there: f1"
    assert suggest("zzz", ["b", "a"]) == "one of: a, b"
    assert suggest("x", []) == ""
    assert nearest("AUC", ["auroc", "f1"]) == "auroc"
    assert nearest("Age", ["AGE", "age", "name"]) == "age"
    assert nearest("zzz", ["a", "b"]) is None


def test_a_column_that_is_not_there_is_suggested_by_the_same_rule() -> None:
    (check,) = missing({"target": ["Agee"]}, ["age", "plan"])
    assert check.message == "`Agee`, named in `target`, is not a column of the data; did you mean `age`?"
    assert suggest("Agee", ["age", "plan"]) == "did you mean `age`? also there: plan"


def test_what_a_pull_request_wrote_begins_no_line_and_moves_no_cursor() -> None:
    found = Diagnostic(Position("conf/a\n.yaml", 1), "no\n::error::x", "\x1b[2J")
    assert render([found], {"conf/a\n.yaml": "a: \u202e\tb"}).splitlines() == [
        r"conf/a\n.yaml:1:1: no\n::error::x [syntax]",
        r"  1 | a: \u202e b",
        "    | ^",
        r"  \x1b[2J",
        "1 problem in 1 file",
    ]


def test_nothing_in_a_text_is_a_command_to_a_runner() -> None:
    assert visible("look at mlops/##[set-output name=verdict-1]x") == "look at mlops/# #[set-output name=verdict-1]x"
    told = inert("wrong:\n  a\n  ::set-output name=x::1\n::error::y\nx ##[add-mask]pass")
    assert not re.search(r"(?m)^\s*::|##\[", told)
    assert inert("churn::plain, a :: b") == "churn::plain, a :: b"
