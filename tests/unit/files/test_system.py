from __future__ import annotations

import errno
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from mlops.errors import InfrastructureError
from mlops.files.atomic import write_bytes, writing, writing_folder
from mlops.files.system import CURES, naming, of_file, refused
from mlops.ml.data.parquet import write
from tests.builders.disk import files_of_at_most


def told(error: BaseException) -> tuple[str, str]:
    made = refused(error)
    assert isinstance(made, InfrastructureError)
    return made.message, made.hint


@pytest.mark.parametrize("number", sorted(CURES))
def test_each_refusal_has_a_cure(number: int) -> None:
    message, hint = told(OSError(number, "no", "/somewhere/file"))
    assert message == "/somewhere/file: no"
    assert hint == f"{CURES[number]}, then run this again"


def test_a_path_below_this_folder_is_spelt_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert told(OSError(errno.EROFS, "no", str(tmp_path / "a/b")))[0] == "a/b: no"
    assert told(OSError(errno.EROFS, "no", b"a/b"))[0] == "a/b: no"


def test_what_is_no_refusal_stays_what_it_is() -> None:
    assert refused(ValueError("(os error 28)")) is None
    assert told(OSError("something of a library"))[0] == "something of a library"
    assert not of_file(ConnectionRefusedError(errno.ECONNREFUSED, "refused"))
    assert of_file(OSError(errno.ENOSPC, "full"))


def test_a_file_that_is_written_is_named_not_its_stand_in(tmp_path: Path) -> None:
    place = tmp_path / "folder" / "file.json"
    with files_of_at_most(10), pytest.raises(OSError, match="File too large") as caught:
        write_bytes(place, b"x" * 100)
    assert (caught.value.errno, caught.value.filename) == (errno.EFBIG, str(place))
    assert list(place.parent.iterdir()) == []


def test_a_table_that_polars_writes_is_named_too(tmp_path: Path) -> None:
    place = tmp_path / "rows.parquet"
    with files_of_at_most(10), pytest.raises(OSError, match="File too large") as caught:
        write(pl.DataFrame({"a": range(1000)}), place)
    assert (caught.value.errno, caught.value.filename) == (errno.EFBIG, str(place))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("size", "said"), [(10, "File too large"), (1000, "1000 requested and 109 written")])
def test_a_file_in_a_folder_that_is_written_is_told_as_the_folder(tmp_path: Path, size: int, said: str) -> None:
    place = tmp_path / "features"
    with files_of_at_most(size), pytest.raises(OSError, match=said) as caught, writing_folder(place) as folder:
        np.save(folder / "x.npy", np.zeros(1000))
    assert told(caught.value)[0] == f"{place}: {said}"
    assert list(tmp_path.iterdir()) == []


def test_another_file_keeps_its_name(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught, writing(tmp_path / "a") as temporary:
        temporary.write_bytes((tmp_path / "absent").read_bytes())
    assert caught.value.filename == str(tmp_path / "absent")
    with pytest.raises(ZeroDivisionError), naming(tmp_path / "a"):
        _ = 1 / 0
