"""Tables as CSV."""

from __future__ import annotations

from mlops.files.csv_text import csv_text


def test_rows_are_lines_and_what_would_break_one_is_quoted() -> None:
    assert csv_text([("x", "y"), (1, "a, b"), ("", 'say "so"\n')]) == 'x,y\n1,"a, b"\n,"say ""so""\n"\n'


def test_no_rows_are_no_text() -> None:
    assert csv_text([]) == ""
