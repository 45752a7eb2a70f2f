"""A source may be a folder: its files stand below each other, by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops.errors import ConfigurationError, DataError
from mlops.ml.data.sources import scan
from mlops.sources.source import Source


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "pipelines" / "tiny"
    (made / "rows").mkdir(parents=True)
    (made / "rows" / "a.csv").write_text("x,y\n1,2\n")
    (made / "rows" / "a.until-20261121T000000Z.csv").write_text("x,y\n3,4\n5,\n")
    (made / "rows" / ".gitkeep").touch()
    return made


def test_rows_follow_each_other_by_the_names_of_their_files(folder: Path) -> None:
    frame = scan(Source(kind="csv", path="rows"), folder).collect()
    assert frame.rows() == [(0, "1", "2"), (1, "3", "4"), (2, "5", None)]


def test_files_with_other_columns_are_refused(folder: Path) -> None:
    (folder / "rows" / "b.csv").write_text("x,z\n1,2\n")
    with pytest.raises(DataError, match="the files of rows have different columns"):
        scan(Source(kind="csv", path="rows"), folder)


def test_a_link_or_a_folder_inside_is_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("x,y\n")
    (folder / "rows" / "b.csv").symlink_to(tmp_path / "secret.csv")
    (folder / "rows" / "inner").mkdir()
    with pytest.raises(DataError, match=r"the folder rows holds b\.csv, inner, no plain files"):
        scan(Source(kind="csv", path="rows"), folder)


def test_an_empty_folder_and_a_digest_of_one_are_refused(folder: Path) -> None:
    (folder / "none").mkdir()
    with pytest.raises(DataError, match="the folder none is empty"):
        scan(Source(kind="csv", path="none"), folder)
    with pytest.raises(ConfigurationError, match="rows is a folder, and `sha256` is of a file"):
        scan(Source(kind="csv", path="rows", sha256=f"sha256:{0:064}"), folder)
