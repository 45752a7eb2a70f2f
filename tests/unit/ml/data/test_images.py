"""Pictures of a folder, or of a column of paths: read, refused in a sentence, or left out and counted."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from mlops.blocks.image_column import ImageColumn
from mlops.errors import ConfigurationError, DataError
from mlops.ml.data import images
from mlops.ml.data.sources import reading, scan
from mlops.sources.source import Source
from tests.builders.shapes import png

DARK, BRIGHT = np.full((2, 2), 10, dtype=np.uint8), np.full((4, 2), 250, dtype=np.uint8)
IMAGE = ImageColumn(source="file", shape=(1, 2, 2), folder="data")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "pipelines" / "pets"
    for name, pixels in (("cat/a.png", DARK), ("cat/b.PNG", BRIGHT), ("dog/c.png", BRIGHT)):
        path = folder / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png(pixels))
    return folder


def listed(folder: Path) -> pl.DataFrame:
    source = Source(kind="image_folder", path="data")
    with reading(source):
        return scan(source, folder).collect()


def rows(*files: str | None) -> pl.DataFrame:
    return pl.DataFrame({"__row__": range(len(files)), "file": files}, schema={"__row__": pl.Int64, "file": pl.String})


def test_a_folder_is_a_row_for_each_picture_with_its_path_and_class(folder: Path) -> None:
    (folder / "data/cat/.DS_Store").write_text("")
    assert listed(folder).rows() == [(0, "cat/a.png", "cat"), (1, "cat/b.PNG", "cat"), (2, "dog/c.png", "dog")]


@pytest.mark.parametrize(
    ("add", "words"),
    [
        ("notes.txt", "the folder data has notes.txt, which lies in no folder of a class"),
        ("cat/notes.txt", "the folder data has cat/notes.txt, which is no picture"),
        ("cat/old/a.png", "the folder data has cat/old, which is no picture"),
    ],
)
def test_what_is_no_picture_of_a_class_is_named(folder: Path, add: str, words: str) -> None:
    path = folder / "data" / add
    path.parent.mkdir(exist_ok=True)
    path.write_text("")
    with pytest.raises(DataError) as caught:
        listed(folder)
    assert caught.value.message == words


def test_a_folder_without_pictures_is_refused(folder: Path) -> None:
    shutil.rmtree(folder / "data")
    (folder / "data/cat").mkdir(parents=True)
    with pytest.raises(DataError) as caught:
        listed(folder)
    assert caught.value.message == "the folder data has no pictures"


def test_pixels_stand_beside_what_is_measured_of_them(folder: Path) -> None:
    found, told = images.read(listed(folder), {"photo": IMAGE}, folder)
    assert found.columns[3:] == ["photo", "photo.brightness", "photo.contrast", "photo.width", "photo.height"]
    assert found["photo"].to_list() == [bytes([10] * 4), bytes([250] * 4), bytes([250] * 4)]
    assert found["photo.brightness"].to_list() == [10 / 255, 250 / 255, 250 / 255]
    assert found["photo.contrast"].to_list() == [0.0, 0.0, 0.0]
    assert found.select("photo.width", "photo.height").rows() == [(2, 2), (2, 4), (2, 4)]
    assert [each.broken for each in told] == [0]


def test_a_snapshot_is_of_what_pictures_show_not_of_where_they_lie(folder: Path) -> None:
    before, _ = images.read(listed(folder), {"photo": IMAGE}, folder)
    (folder / "data").rename(folder / "elsewhere")
    moved = IMAGE.model_copy(update={"folder": "elsewhere"})
    after, _ = images.read(before.select("__row__", "file", "label"), {"photo": moved}, folder)
    assert after.equals(before)
    changed = DARK.copy()
    changed[1, 1] += 1
    (folder / "elsewhere/cat/a.png").write_bytes(png(changed))
    other, _ = images.read(before.select("__row__", "file", "label"), {"photo": moved}, folder)
    assert not other.equals(before)


def test_all_that_cannot_be_read_is_named_at_once(folder: Path) -> None:
    (folder / "data/cat/a.png").write_bytes(b"GIF89a")
    (folder / "data/dog/c.png").write_bytes(png(BRIGHT)[:50])
    (folder / "secret.png").write_bytes(png(DARK))
    (folder / "data/link.png").symlink_to(folder / "secret.png")
    asked = (
        "cat/a.png",
        "cat/b.PNG",
        "dog/c.png",
        "gone.png",
        "../secret.png",
        "/etc/hostname",
        "link.png",
        "a\\b.png",
    )
    with pytest.raises(DataError) as caught:
        images.read(rows(*asked), {"photo": IMAGE}, folder)
    assert caught.value.message.splitlines() == [
        "7 of 8 pictures of `photo` cannot be read:",
        "  data/cat/a.png is none of PNG, JPEG, GIF, BMP, WEBP",
        "  data/dog/c.png is broken, or ends too early",
        "  data/gone.png is not there",
        "  data/../secret.png leads outside the folder of the pictures",
        "  data//etc/hostname leads outside the folder of the pictures",
        "  data/link.png is a link that leads outside the folder of the pictures",
        "  data/a\\b.png leads outside the folder of the pictures",
    ]
    assert caught.value.hint == ("mend them, or leave their rows out: `images: {photo: {broken: leave_out}}`")


def test_broken_ones_are_left_out_where_that_is_asked_and_counted(folder: Path, tmp_path: Path) -> None:
    (folder / "data/cat/a.png").write_bytes(b"")
    lenient = IMAGE.model_copy(update={"broken": "leave_out"})
    found, told = images.read(listed(folder), {"photo": lenient}, folder)
    assert found["file"].to_list() == ["cat/b.PNG", "dog/c.png"]
    assert found["__row__"].to_list() == [1, 2]
    path = tmp_path / "rows.parquet"
    found.write_parquet(path, metadata=images.spelled(told))
    assert images.noted(path) == told
    check = told[0].check()
    assert (check.passed, check.severity, check.failed, check.total) == (False, "warn", 1, 3)
    assert check.message == "1 of 3 rows are left out, as their picture `photo` cannot be read"


def test_a_row_without_a_path_has_no_picture(folder: Path) -> None:
    found, told = images.read(rows("cat/a.png", None), {"photo": IMAGE}, folder)
    assert found["photo"].to_list() == [bytes([10] * 4), None]
    assert found["photo.brightness"].to_list() == [10 / 255, None]
    assert told[0].broken == 0


def test_no_picture_at_all_is_refused(folder: Path) -> None:
    (folder / "data/cat/a.png").write_bytes(b"")
    lenient = IMAGE.model_copy(update={"broken": "leave_out"})
    with pytest.raises(DataError) as caught:
        images.read(rows("cat/a.png"), {"photo": lenient}, folder)
    assert caught.value.message == "no row has a picture that can be read"


def test_a_column_that_is_not_there_or_there_already_is_named(folder: Path) -> None:
    with pytest.raises(DataError) as caught:
        images.read(rows("cat/a.png"), {"photo": IMAGE.model_copy(update={"source": "flie"})}, folder)
    assert caught.value.message == "`images.photo` is from `flie`, which is no column of the rows"
    assert caught.value.hint == "did you mean `file`?"
    with pytest.raises(DataError) as caught:
        images.read(rows("cat/a.png").with_columns(pl.lit(1).alias("photo.width")), {"photo": IMAGE}, folder)
    assert caught.value.message == "`images.photo` makes a column `photo.width`, which the rows have already"


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("../../../elsewhere", "the folder of pictures `../../../elsewhere` leads outside the repository"),
        ("/tmp", "the folder of pictures `/tmp` leads outside the repository"),
        ("nowhere", "there is no folder `nowhere` in pipelines/pets"),
    ],
)
def test_a_folder_that_is_elsewhere_or_nowhere_is_refused(folder: Path, place: str, words: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        images.read(rows("cat/a.png"), {"photo": IMAGE.model_copy(update={"folder": place})}, folder)
    assert caught.value.message == words
