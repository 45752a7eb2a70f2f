from __future__ import annotations

import io

import pytest
import yaml
from ruamel.yaml import YAML

from mlops.errors import IntegrityError
from mlops.files.plain_yaml import parse


def test_what_dvc_writes_is_read() -> None:
    assert parse(b"stages:\n  train:\n    outs: [{path: a, size: 3}]\n", "dvc.lock") == {
        "stages": {"train": {"outs": [{"path": "a", "size": 3}]}}
    }


def test_a_long_file_and_a_long_line_are_read() -> None:
    assert parse(b"a: [" + b"1, " * 5_000 + b"1]\n", "dvc.lock") == {"a": [1] * 5_001}
    assert parse(b"- [1, 2]\n" * 2_000, "dvc.lock") == [[1, 2]] * 2_000


@pytest.mark.parametrize(
    "data",
    [
        b"a: [",
        b"a: \xff",
        b"a: 1\n---\nb: 2\n",
        b"a: !!python/name:os.system x",
        b"a: 2024-13-45",
        b"a: 0b_",
        b"a: !!bool x",
        b"a: !!timestamp x",
        b"[" * 101 + b"]" * 101 + b" " * 1000,
        b"[" * 40_000,
        b"- " * 40_000,
        b"? " * 40_000,
        b"a: {b: " * 40_000,
        b"".join(b" " * depth + b"a:\n" for depth in range(1500)),
    ],
)
def test_what_nobody_would_have_written_is_damaged(data: bytes) -> None:
    with pytest.raises(IntegrityError) as caught:
        parse(data, "dvc.lock")
    assert (caught.value.message, caught.value.hint) == (
        "dvc.lock is damaged", "take it back from Git: git checkout -- dvc.lock",
    )  # fmt: skip


@pytest.mark.parametrize(
    "text", ["no", "yes", "On", "off", "y", "N", "12:30", "1:30.5", "true", "null", "~", "7", "0.5"]
)
def test_a_text_stays_one_whoever_wrote_it(text: str) -> None:
    """DVC writes `no` without quotes, which is False to YAML 1.1: its lock would never say what was run."""
    by_dvc = io.StringIO()
    YAML(typ="safe", pure=True).dump({"said": [text, True, 3, 0.25, None]}, by_dvc)
    for written in (by_dvc.getvalue(), yaml.safe_dump({"said": [text, True, 3, 0.25, None]})):
        assert parse(written.encode(), "x") == {"said": [text, True, 3, 0.25, None]}
