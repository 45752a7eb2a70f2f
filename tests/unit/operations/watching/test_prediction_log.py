from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from mlops.bundle.prediction_log import segment_name
from mlops.configuration.monitor import Monitor
from mlops.errors import ConfigurationError, InfrastructureError, IntegrityError
from mlops.files.remote_folder import RemoteFolder
from mlops.operations.watching.prediction_log import Log, labels_file, open_log

HOUR = 3_600_000_000


class Counted(RemoteFolder):
    """A place on disk that notes what is fetched."""

    def fetch(self, name: str, target: Path) -> None:
        self.__dict__.setdefault("fetched", []).append(name)
        super().fetch(name, target)


def at(hour: int) -> datetime:
    return datetime.fromtimestamp(hour * 3600, UTC)


@pytest.fixture
def log(tmp_path: Path) -> Log:
    """Four segments of an hour each at a place, and two files that are none."""
    (tmp_path / "place").mkdir()
    for k in range(4):
        (tmp_path / "place" / segment_name(k * HOUR, (k + 1) * HOUR - 1, f"a-{k}")).write_bytes(bytes(k + 1))
    (tmp_path / "place" / ".segment.part").touch()
    (tmp_path / "place" / "notes.parquet").touch()
    return Log(tmp_path / "spool", Counted(f"file://{tmp_path}/place"), "shown", tmp_path / "cache")


def fetched(log: Log) -> list[str]:
    assert log.place is not None
    return [name.rsplit("-", 1)[1] for name in sorted(log.place.__dict__.pop("fetched", []))]


def test_only_the_segments_of_the_windows_are_fetched_and_only_once(log: Log) -> None:
    folder = log.bring(log.names(), at(1), at(3))
    assert fetched(log) == ["1.jsonl.gz", "2.jsonl.gz"]
    assert sorted(path.stat().st_size for path in folder.iterdir()) == [2, 3]
    log.bring(log.names(), at(1), at(4))
    assert fetched(log) == ["3.jsonl.gz"]


def test_what_the_place_no_longer_has_counts_for_nothing(log: Log, tmp_path: Path) -> None:
    folder = log.bring(log.names(), at(0), at(4))
    next((tmp_path / "place").glob("*-a-0.jsonl.gz")).unlink()
    log.bring(log.names(), at(0), at(4))
    assert sorted(path.name.rsplit("-", 1)[1] for path in folder.iterdir()) == [
        "1.jsonl.gz",
        "2.jsonl.gz",
        "3.jsonl.gz",
    ]


def test_a_segment_cut_short_here_is_fetched_again_and_one_cut_short_there_is_refused(log: Log) -> None:
    names = log.names()
    folder = log.bring(names, at(2), at(3))
    (cached,) = folder.iterdir()
    cached.write_bytes(b"")
    log.bring(names, at(2), at(3))
    assert cached.stat().st_size == 3
    with pytest.raises(IntegrityError, match=r"shown/.*-a-3.jsonl.gz has 4 bytes, not 9 as listed"):
        log.bring(dict.fromkeys(names, 9), at(3), at(4))


def test_a_place_is_read_whatever_lies_in_the_folder_here(tmp_path: Path) -> None:
    found = open_log(tmp_path, "churn", Monitor.model_validate({"log": f"file://{tmp_path}/place"}))
    assert found.folder == tmp_path / ".mlops/log/churn"
    assert found.place == RemoteFolder(f"file://{tmp_path}/place")
    assert found.names() == {}
    other = open_log(tmp_path, "churn", Monitor.model_validate({"log": f"file://{tmp_path}/other"}))
    assert other._cache != found._cache, "segments of two places mix"


def test_labels_are_fetched_each_time_and_not_kept(tmp_path: Path) -> None:
    address = f"file://{tmp_path}/far/labels.csv"
    with pytest.raises(ConfigurationError, match="there are no labels at file://"), labels_file(tmp_path, "x", address):
        pass
    (tmp_path / "far").mkdir()
    for text in ("one", "two"):
        (tmp_path / "far/labels.csv").write_text(text)
        with labels_file(tmp_path, "x", address) as path:
            assert (path.read_text(), path.name) == (text, "labels.csv")
        assert not path.exists()
    with labels_file(tmp_path, "x", "kept/labels.csv") as path:
        assert path == tmp_path / "kept/labels.csv"


def test_a_place_that_does_not_answer_is_never_an_empty_log(tmp_path: Path) -> None:
    class Silent(RemoteFolder):
        @property
        def system(self) -> object:
            raise PermissionError("403")

    log = Log(tmp_path, Silent("s3://bucket/log"), "s3://bucket/log", tmp_path / "cache")
    with pytest.raises(InfrastructureError, match="s3://bucket/log cannot be read: 403"):
        log.names()
