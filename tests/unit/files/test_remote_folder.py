from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest

from mlops.errors import ConfigurationError, InfrastructureError
from mlops.files import remote_folder as places
from mlops.files.remote_folder import RemoteFolder, trouble


@pytest.fixture(params=["file", "store"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RemoteFolder]:
    """A folder on a disk, and one of an object store: fsspec's own in memory."""
    if request.param == "file":
        yield RemoteFolder(f"file://{tmp_path}/place")
        return
    yield RemoteFolder("memory://bucket/place")
    fsspec.filesystem("memory").store.clear()


def test_what_is_put_is_listed_and_fetched(place: RemoteFolder, tmp_path: Path) -> None:
    assert place.sizes() == {}
    source = tmp_path / "a.parquet"
    source.write_bytes(b"12345")
    place.put(source)
    place.put(source)
    assert place.sizes() == {"a.parquet": 5}
    place.fetch("a.parquet", tmp_path / "here" / "b")
    assert (tmp_path / "here" / "b").read_bytes() == b"12345"
    with pytest.raises(FileNotFoundError):
        place.fetch("none", tmp_path / "c")
    assert not (tmp_path / "c").exists()


def test_a_place_that_does_not_answer_is_said_with_its_address(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "a").write_text("x")
    with pytest.raises(InfrastructureError) as caught:
        RemoteFolder(f"file://{tmp_path}/file/inner").put(tmp_path / "a")
    assert caught.value.message.startswith(f"file://{tmp_path}/file/inner cannot be written: ")
    assert "ci.cloud" in caught.value.hint


def test_a_copy_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    (tmp_path / "place" / "a").mkdir(parents=True)
    with pytest.raises(InfrastructureError, match="cannot be written"):
        RemoteFolder(f"file://{tmp_path}/place").put(tmp_path / "a")
    assert [path.name for path in (tmp_path / "place").iterdir()] == ["a"]


def test_a_copy_that_is_shorter_than_its_source_is_no_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").write_text("12345")
    place = RemoteFolder("memory://bucket/short")
    monkeypatch.setattr(place.system, "put_file", lambda _, final: place.system.pipe_file(final, b"123"))
    with pytest.raises(InfrastructureError, match=r"short/a has 3 bytes after a copy, not 5"):
        place.put(tmp_path / "a")
    fsspec.filesystem("memory").store.clear()


def test_a_driver_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(*_: object, **__: object) -> None:
        raise ImportError

    monkeypatch.setattr(fsspec, "filesystem", absent)
    with pytest.raises(ConfigurationError) as caught:
        RemoteFolder.parse("gs://bucket/log").sizes()
    assert caught.value.message == "nothing here reads gs://bucket/log: gcsfs is not installed"
    assert caught.value.hint == "pip install gcsfs"


@pytest.mark.parametrize(
    "address", ["s3://bucket", "gs://b/a/c.csv", "az://c/x=1/y", "file:///var/log/churn", "file:///x/.mlops/log"]
)
def test_a_plain_address_is_taken(address: str) -> None:
    assert trouble(address) is None
    assert RemoteFolder.parse(address).address == address


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("ftp://host/a", "has another scheme than abfs://, az://, file://, gs://, s3://"),
        ("memory://a", "has another scheme"),
        ("github://org:repo@main/a", "has another scheme"),
        ("S3://bucket/a", "has another scheme"),
        ("s3://key:secret@bucket/a", "holds more than a bucket and a path"),
        ("s3://bucket/a?acl=public", "holds more than a bucket and a path"),
        ("simplecache::s3://bucket/a", "has another scheme"),
        ("s3://bucket/a::zip://b", "holds more than a bucket and a path"),
        ("s3://bucket/../a", "is no plain path"),
        ("s3://bucket//a", "is no plain path"),
        ("s3://bucket/", "is no plain path"),
        ("s3://bucket/a b", "is no plain path"),
        ("s3://bucket/*", "is no plain path"),
        ("s3://", "is no plain path"),
        ("file://host/a", "is not absolute: write file:///path"),
        ("file:///../etc", "is no plain path"),
        ("file:///etc", "is a folder of the system, or a hidden one"),
        ("file:///etc/cron.d", "is a folder of the system, or a hidden one"),
        ("file:///usr/local/log", "is a folder of the system, or a hidden one"),
        ("file:///home/ada/.ssh", "is a folder of the system, or a hidden one"),
        ("s3://b/\N{FULLWIDTH FULL STOP}\N{FULLWIDTH FULL STOP}/a", "holds more than"),
    ],
)
def test_a_strange_address_is_refused(address: str, words: str) -> None:
    assert words in str(trouble(address))
    with pytest.raises(ConfigurationError, match="://"):
        RemoteFolder.parse(address)


def test_every_scheme_is_one_of_fsspecs() -> None:
    assert set(places.SCHEMES) <= set(fsspec.available_protocols())
