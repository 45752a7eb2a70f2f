"""What judging costs is said, and held against what the run took."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops.operations.verdicts.cost import Cost


@pytest.mark.parametrize(
    ("seconds", "run", "told", "beyond"),
    [
        (3.7, 18, "3.7 s of 60 s allowed: 0.21 of its run", False),
        (3.7, None, "3.7 s of 60 s allowed", False),
        (59.9, 10, "59.9 s of 60 s allowed: 6 of its run", False),
        (60.1, 100, "60.1 s of 60 s allowed: 0.6 of its run", True),
        (60.1, None, "60.1 s of 60 s allowed", True),
        (90.0, 300, "90.0 s of 90 s allowed: 0.3 of its run", False),
        (90.1, 300, "90.1 s of 90 s allowed: 0.3 of its run", True),
    ],
)
def test_it_is_said_beside_the_run_and_beyond_where_it_is_more(
    seconds: float, run: int | None, told: str, beyond: bool
) -> None:
    assert (Cost(seconds, run).told, Cost(seconds, run).beyond) == (told, beyond)


@pytest.mark.parametrize(
    ("text", "run"),
    [("18\n", 18), ("0\n", None), ("", None), ("-5\n", None), ("1e9\n", None), ("٣\n", None), ("9" * 9, None)],
)
def test_what_the_job_that_ran_says_is_a_number_or_nothing(text: str, run: int | None, tmp_path: Path) -> None:
    (tmp_path / "seconds").write_text(text)
    assert Cost.of(2.0, tmp_path) == Cost(2.0, run)


def test_where_nobody_told_it_is_not_compared(tmp_path: Path) -> None:
    assert Cost.of(2.0, tmp_path) == Cost.of(2.0, None) == Cost(2.0)
