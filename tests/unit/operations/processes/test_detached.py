"""A process that outlives who started it: found again by its lock, ended whatever it does about it."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from mlops.errors import InfrastructureError
from mlops.operations.processes.detached import Begun, Detached
from tests.builders.waiting import CEILING, wait_until

STAYS = ("tail", "-f", "/dev/null")


def code(begun: Begun) -> int:
    """Wait for its exit code: the lock is free a moment before."""
    found: list[int | None] = []
    wait_until(lambda: found.append(begun.code()) is None and found[-1] is not None)
    assert found[-1] is not None
    return found[-1]


def test_it_is_found_again_and_ended(tmp_path: Path) -> None:
    assert not Detached(tmp_path / "none", "one").alive()
    begun = Detached(tmp_path, "one").start(STAYS, tmp_path)
    again = Detached(tmp_path, "one")
    assert again.alive()
    with pytest.raises(BlockingIOError):
        again.start(STAYS, tmp_path)
    wait_until(lambda: (tmp_path / "one.pid").is_file() and bool((tmp_path / "one.pid").read_text()))
    assert int((tmp_path / "one.pid").read_text()) == begun.pid
    again.end(CEILING)
    assert not again.alive()
    assert code(begun) == -15
    again.end(CEILING)


def test_one_that_does_not_hear_is_killed(tmp_path: Path) -> None:
    begun = Detached(tmp_path, "deaf").start(("sh", "-c", "trap '' TERM; echo deaf; tail -f /dev/null"), tmp_path)
    wait_until(lambda: begun.said() == "deaf\n")
    begun.process.end(0.0)
    assert code(begun) == -9


def test_one_that_does_not_begin_says_why_and_what_was_said_before_is_kept(tmp_path: Path) -> None:
    process = Detached(tmp_path, "one")
    for word in ("first", "second"):
        begun = process.start(("sh", "-c", f"echo {word}; exit 6"), tmp_path)
        wait_until(lambda: not process.alive())
        assert (code(begun), begun.code(), begun.said()) == (6, None, f"{word}\n")
    assert process.log.read_text() == "first\nsecond\n"


def test_nobody_is_ended_by_a_number_that_may_be_anothers(tmp_path: Path) -> None:
    process = Detached(tmp_path, "one")
    begun = process.start(STAYS, tmp_path)
    number = tmp_path / "one.pid"
    wait_until(lambda: number.is_file() and bool(number.read_text()))
    said = number.read_text()
    number.write_text("")
    with pytest.raises(InfrastructureError) as caught:
        process.end(0.0)
    assert caught.value.message == f"one runs, and {number} does not say which process it is"
    assert caught.value.hint == f"find it by: fuser {tmp_path}/one.lock"
    number.write_text(said)
    process.end(CEILING)
    number.write_text("1")  # nobody holds the lock: nobody is told
    process.end(0.0)
    assert code(begun) == -15


def test_of_one_that_is_gone_what_it_started_is_ended(tmp_path: Path) -> None:
    process = Detached(tmp_path, "one")
    begun = process.start(("sh", "-c", "tail -f /dev/null & exit 3"), tmp_path)
    assert code(begun) == 3
    process.tell(signal.SIGUSR1)
    assert process.alive()
    process.end(0.0)
    assert not process.alive()
