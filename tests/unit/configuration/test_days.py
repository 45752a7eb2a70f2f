"""A day is written one way: what a date library reads besides is compared, sorted and shown as something else."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from mlops.blocks.waiver import Waiver
from mlops.sources.source import Source

NO_DAYS = ("2026-W05-1", "20260131T1", "2026-13-01", "2026-02-30", "٢٠٢٦-٠١-٣١")


def waiver(day: str) -> Any:
    who = {"owner": "@a", "approver": "@b"}
    return Waiver.model_validate(
        {"rule": "auroc", "reason": "until it is mended", **who, "granted": day, "expires": day}
    )


def source(day: str) -> Any:
    return Source.model_validate({"kind": "csv", "path": "data/x.csv", "recorded": day})


@pytest.mark.parametrize("day", NO_DAYS)
def test_what_is_no_day_of_the_calendar_is_refused(day: str) -> None:
    for block in (waiver, source):
        with pytest.raises(ValidationError):
            block(day)


def test_a_day_is_taken_as_it_is_written() -> None:
    assert (waiver("2026-01-31").expires, source("2024-02-29").recorded) == ("2026-01-31", "2024-02-29")
