from __future__ import annotations

import io
import stat
import zipfile
from pathlib import Path

import pytest

from mlops.errors import IntegrityError
from mlops.files.archive import unpack


def pack(path: Path, *entries: tuple[str | zipfile.ZipInfo, bytes], packed: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", packed) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return path


def kind(name: str, mode: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    return info


def refused(archive: Path, most: int = 10_000) -> str:
    folder = archive.parent / "out"
    folder.mkdir()
    with pytest.raises(IntegrityError) as caught:
        unpack(archive, folder, most)
    return caught.value.message


def test_files_and_folders_are_unpacked_as_they_are(tmp_path: Path) -> None:
    archive = pack(tmp_path / "a.zip", ("a/", b""), ("a/b.json", b"{}"), ("c", b"c" * 9_000))
    (tmp_path / "out").mkdir()
    unpack(archive, tmp_path / "out", 10_000)
    found = {path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert found == {"a/b.json", "c"}
    assert (tmp_path / "out/c").read_bytes() == b"c" * 9_000


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("../x", "'../x' in the archive leaves its folder, or has an empty part"),
        ("a/../../x", "'a/../../x' in the archive leaves its folder, or has an empty part"),
        ("/x", "'/x' in the archive is not relative to its folder"),
        ("C:/x", "'C:/x' in the archive is not relative to its folder"),
        ("a\\..\\x", "'a\\\\..\\\\x' in the archive has a backslash"),
        (".git/hooks/x", "'.git/hooks/x' in the archive lies in a folder of Git, GitHub or DVC"),
        (kind("link", stat.S_IFLNK | 0o777), "'link' in the archive is not a plain file"),
        (kind("pipe", stat.S_IFIFO), "'pipe' in the archive is not a plain file"),
    ],
)
def test_what_is_no_plain_file_inside_the_folder_is_refused(
    entry: str | zipfile.ZipInfo, said: str, tmp_path: Path
) -> None:
    assert refused(pack(tmp_path / "a.zip", ("good", b"x"), (entry, b"y"))) == said
    assert list((tmp_path / "out").iterdir()) == [], "nothing is written before all of it is looked at"


def test_two_names_for_one_file_are_refused(tmp_path: Path) -> None:
    assert refused(pack(tmp_path / "a.zip", ("a", b"x"), ("A", b"y"))) == "'A' in the archive is there twice"


def test_a_file_that_is_a_folder_too_is_refused(tmp_path: Path) -> None:
    said = refused(pack(tmp_path / "a.zip", ("a", b"x"), ("a/b", b"y")))
    assert said == "'a/b' in the archive is a file and a folder"


def test_more_bytes_than_allowed_are_refused_before_and_while_they_are_written(tmp_path: Path) -> None:
    archive = pack(tmp_path / "a.zip", ("a", b"0" * 50_000))
    assert archive.stat().st_size < 1_000
    assert refused(archive) == "the archive holds more than 10,000 bytes"
    data = archive.read_bytes()
    lies = data.replace((50_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "b.zip").write_bytes(lies)
    assert refused(tmp_path / "b" / "b.zip") in ("the archive is damaged", "the archive holds more than it says")


@pytest.mark.parametrize("packed", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_ways_to_pack_are_refused(packed: int, tmp_path: Path) -> None:
    said = refused(pack(tmp_path / "a.zip", ("a", b"x"), packed=packed))
    assert said == "'a' in the archive is packed in a way that is not read here"


@pytest.mark.slow
def test_more_files_than_anybody_needs_are_refused(tmp_path: Path) -> None:
    archive = pack(tmp_path / "a.zip", *((f"{number}", b"") for number in range(20_001)), packed=zipfile.ZIP_STORED)
    assert refused(archive) == "the archive holds 20,001 files, more than 20,000"


@pytest.mark.parametrize("data", [b"", b"PK", b"not an archive"], ids=["empty", "short", "other"])
def test_what_is_no_archive_is_refused(data: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(data)
    assert refused(tmp_path / "a.zip") == "the archive is damaged"


def test_an_archive_that_was_cut_off_or_changed_is_refused(tmp_path: Path) -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("a", b"some bytes that will change")
    data = target.getvalue().replace(b"will change", b"did  change")
    (tmp_path / "a.zip").write_bytes(data)
    assert refused(tmp_path / "a.zip") == "the archive is damaged"
