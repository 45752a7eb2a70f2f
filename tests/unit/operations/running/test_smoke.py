"""A smoke run that stops says at which stage."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlops.operations.running.smoke import stopped

STAGES = ("validate", "split", "features")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (None, "validate"),
        ({"stage": "validate", "code": 4}, "validate"),
        ({"stage": "validate", "code": 0}, "split"),
        ({"stage": "split", "code": 4}, "split"),
        ({"stage": "split", "code": 0}, "features"),
        ({"stage": "features", "code": 0}, "features"),
    ],
    ids=[
        "killed at once",
        "refused",
        "killed in the second",
        "refused in the second",
        "killed in the last",
        "killed after the last",
    ],
)
def test_the_stage_that_stopped_is_named(said: dict[str, object] | None, expected: str, tmp_path: Path) -> None:
    if said is not None:
        (tmp_path / "result.json").write_text(json.dumps(said))
    assert stopped(STAGES, tmp_path / "result.json") == expected
