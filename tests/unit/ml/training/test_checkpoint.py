from __future__ import annotations

import hashlib
import io
import os
from pathlib import Path

import pytest
import torch

from mlops.errors import IntegrityError
from mlops.ml.training import checkpoint

pytestmark = pytest.mark.slow


class Trap:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch trapped",)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a" / checkpoint.LAST
    checkpoint.write(path, {"weights": torch.arange(3), "epoch": 2, "history": [[1, 0.5, None]]})
    found = checkpoint.read(path)
    assert found["epoch"] == 2
    assert found["history"] == [[1, 0.5, None]]
    assert torch.equal(found["weights"], torch.arange(3))
    assert checkpoint.resumable(path.parent) == path


def test_one_changed_byte_anywhere_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / checkpoint.LAST
    checkpoint.write(path, {"epoch": 2})
    whole = path.read_bytes()
    for place in (0, 40, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(IntegrityError, match="^the checkpoint last.ckpt is damaged$"):
            checkpoint.read(path)


def test_a_damaged_checkpoint_is_thrown_away_with_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / checkpoint.LAST
    checkpoint.write(path, {"epoch": 2})
    path.write_bytes(path.read_bytes()[:-10])
    assert checkpoint.resumable(tmp_path) is None
    assert not path.exists()
    assert capsys.readouterr().err == (
        "warning: discarded a checkpoint that cannot be read (IntegrityError): training starts again\n"
    )


def test_code_in_a_checkpoint_is_not_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    buffer = io.BytesIO()
    torch.save({"state": Trap()}, buffer)
    payload = buffer.getvalue()
    (tmp_path / checkpoint.LAST).write_bytes(hashlib.sha256(payload).digest() + payload)
    assert checkpoint.resumable(tmp_path) is None
    assert not (tmp_path / "trapped").exists()
    assert "(UnpicklingError)" in capsys.readouterr().err


def test_no_folder_means_no_checkpoint(tmp_path: Path) -> None:
    assert checkpoint.resumable(None) is None
    assert checkpoint.resumable(tmp_path / "absent") is None
