from __future__ import annotations

import pytest

from mlops.errors import IntegrityError
from mlops.files.plain_yaml import parse


def test_what_dvc_writes_is_read() -> None:
    assert parse(b"stages:\n  train:\n    outs: [{path: a, size: 3}]\n", "dvc.lock") == {
        "stages": {"train": {"outs": [{"path": "a", "size": 3}]}}
    }


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
    ],
)
def test_what_nobody_would_have_written_is_damaged(data: bytes) -> None:
    with pytest.raises(IntegrityError) as caught:
        parse(data, "dvc.lock")
    assert (caught.value.message, caught.value.hint) == (
        "dvc.lock is damaged", "take it back from Git: git checkout -- dvc.lock",
    )  # fmt: skip
