from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING

from mlops.bundle.prediction_log import segment_name
from mlops.errors import InfrastructureError
from mlops.files.remote_folder import RemoteFolder
from mlops.serve.shipping import Shipping
from tests.builders.waiting import CEILING

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

HOUR = 3_600_000_000


class Flaky(RemoteFolder):
    """A place on disk that refuses the first so many files."""

    def __init__(self, address: str, refusals: int) -> None:
        super().__init__(address)
        self.__dict__.update(left=refusals, held=Event())

    def put(self, source: Path) -> None:
        if self.__dict__["left"]:
            self.__dict__["left"] -= 1
            raise InfrastructureError("no way there")
        super().put(source)
        if len(self.sizes()) == 2:
            self.__dict__["held"].set()


def write(folder: Path, count: int) -> list[str]:
    folder.mkdir(parents=True, exist_ok=True)
    names = [segment_name(k * HOUR, k * HOUR, f"a-{k}") for k in range(count)]
    for name in names:
        (folder / name).write_bytes(name.encode())
    return names


def test_segments_leave_the_folder_when_the_place_holds_them(tmp_path: Path) -> None:
    names = write(tmp_path / "log", 3)
    (tmp_path / "log" / "notes.txt").touch()
    place = RemoteFolder(f"file://{tmp_path}/place")
    shipping = Shipping(tmp_path / "log", place, patience=CEILING)
    shipping.close()
    assert sorted(path.name for path in (tmp_path / "place").iterdir()) == names
    assert (tmp_path / "place" / names[1]).read_bytes() == names[1].encode()
    assert [path.name for path in (tmp_path / "log").iterdir()] == ["notes.txt"]
    assert (shipping.shipped, shipping.failures, shipping.waiting()) == (3, 0, 0)


class Shared(RemoteFolder):
    """A place to which another worker of the server sends a segment first."""

    def put(self, source: Path) -> None:
        source.unlink()
        raise FileNotFoundError(source)


def test_a_segment_that_another_worker_sent_is_no_failure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path / "log", 3)
    shipping = Shipping(tmp_path / "log", Shared(f"file://{tmp_path}/place"), patience=CEILING)
    shipping.close()
    assert (shipping.shipped, shipping.failures, shipping.waiting()) == (0, 0, 0)
    assert capsys.readouterr().err == ""


def test_an_upload_that_failed_is_made_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = write(tmp_path / "log", 2)
    place = Flaky(f"file://{tmp_path}/place", 2)
    shipping = Shipping(tmp_path / "log", place, seconds=0.01, patience=CEILING)
    assert place.__dict__["held"].wait(CEILING)
    shipping.close()
    assert sorted(path.name for path in (tmp_path / "place").iterdir()) == names
    assert shipping.failures == 2
    assert capsys.readouterr().err == "the prediction log is not shipped, and kept here: no way there\n"


def test_what_cannot_be_shipped_stays_and_the_next_server_ships_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = write(tmp_path / "log", 2)
    Shipping(tmp_path / "log", Flaky(f"file://{tmp_path}/place", 99), seconds=3600, patience=CEILING).close()
    assert sorted(path.name for path in (tmp_path / "log").iterdir()) == names
    assert f"2 segments of the prediction log stay in {tmp_path}/log" in capsys.readouterr().err
    Shipping(tmp_path / "log", RemoteFolder(f"file://{tmp_path}/place"), patience=CEILING).close()
    assert sorted(path.name for path in (tmp_path / "place").iterdir()) == names
    assert list((tmp_path / "log").iterdir()) == []
