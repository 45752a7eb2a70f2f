"""A source may be a folder: its files stand below each other, by name."""

from __future__ import annotations

from pathlib import Path

import polars as pl
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


def parquet(folder: Path, place: str, **columns: list[object]) -> None:
    (folder / place).parent.mkdir(parents=True, exist_ok=True)
    pl.DataFrame(columns).write_parquet(folder / place)


def test_folders_that_name_a_column_give_it_to_their_rows(folder: Path) -> None:
    parquet(folder, "sales/year=2023/city=S%C3%A3o Paulo/b.parquet", x=[1.0, 2.0])
    parquet(folder, "sales/year=2023/city=__HIVE_DEFAULT_PARTITION__/a.parquet", x=[3.0])
    parquet(folder, "sales/year=2024/city=Oslo/a.parquet", x=[4.0])
    (folder / "sales/_SUCCESS").touch()
    frame = scan(Source(kind="parquet", path="sales"), folder).collect()
    assert frame.columns == ["__row__", "x", "year", "city"]
    assert frame.rows() == [
        (0, 1.0, "2023", "São Paulo"),
        (1, 2.0, "2023", "São Paulo"),
        (2, 3.0, "2023", None),
        (3, 4.0, "2024", "Oslo"),
    ]


def test_the_number_of_a_partition_keeps_its_zeros(folder: Path) -> None:
    parquet(folder, "sales/month=01/a.parquet", x=[1])
    parquet(folder, "sales/month=10/a.parquet", x=[2])
    assert scan(Source(kind="parquet", path="sales"), folder).collect()["month"].to_list() == ["01", "10"]


def test_a_column_that_the_files_have_too_is_theirs_where_both_say_the_same(folder: Path) -> None:
    parquet(folder, "sales/month=01/a.parquet", x=[1], month=[1])
    assert scan(Source(kind="parquet", path="sales"), folder).collect()["month"].to_list() == [1]
    parquet(folder, "sales/month=02/a.parquet", x=[1], month=[3])
    with pytest.raises(DataError) as caught:
        scan(Source(kind="parquet", path="sales"), folder)
    assert caught.value.message == "a file of sales has other values of `month` than its folder, `month=02`"


@pytest.mark.parametrize(
    ("places", "message"),
    [
        (
            ("year=2023/a.parquet", "month=01/a.parquet"),
            "the folders inside sales name different columns: `month=` in month=01 and `year=` in year=2023",
        ),
        (
            ("a.parquet", "year=2023/a.parquet"),
            "the folders inside sales name different columns: `` in . and `year=` in year=2023",
        ),
        (("a=1/a=2/x.parquet",), "the folders inside sales name a column twice: `a=/a=`"),
        (("year=2023/old/a.parquet",), "the folder sales holds old, no plain files"),
    ],
)
def test_folders_that_do_not_agree_are_refused(folder: Path, places: tuple[str, ...], message: str) -> None:
    for place in places:
        parquet(folder, f"sales/{place}", x=[1])
    with pytest.raises(DataError) as caught:
        scan(Source(kind="parquet", path="sales"), folder)
    assert caught.value.message == message


def test_a_partition_that_is_a_link_is_refused(folder: Path, tmp_path: Path) -> None:
    parquet(tmp_path, "elsewhere/a.parquet", x=[1])
    (folder / "sales").mkdir()
    (folder / "sales/year=2023").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DataError, match="the folder sales holds year=2023, no plain files"):
        scan(Source(kind="parquet", path="sales"), folder)
