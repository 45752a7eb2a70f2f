from __future__ import annotations

from pathlib import Path

import pytest

from mlops.operations.processes.times import about, durations, remember


def test_stages_are_remembered_one_by_one(tmp_path: Path) -> None:
    remember(tmp_path, "churn", "train", 12.345)
    remember(tmp_path, "churn", "gate", 1.0)
    remember(tmp_path, "churn", "train", 2.0)
    assert durations(tmp_path, "churn") == {"gate": 1.0, "train": 2.0}


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"train": "long"}', '{"train": null}'])
def test_a_damaged_file_knows_nothing(text: str, tmp_path: Path) -> None:
    remember(tmp_path, "churn", "train", 2.0)
    (tmp_path / ".mlops/durations/churn.json").write_text(text)
    assert durations(tmp_path, "churn") == {}


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, ""),
        (0.4, ""),
        (1.2, ", about 1 s"),
        (17.6, ", about 18 s"),
        (41.0, ", about 40 s"),
        (89.0, ", about 90 s"),
        (91.0, ", about 2 min"),
        (3_600.0, ", about 60 min"),
    ],
)
def test_a_duration_is_said_as_far_as_it_is_worth(seconds: float | None, said: str) -> None:
    assert about(seconds) == said
