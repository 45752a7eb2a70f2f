from __future__ import annotations

import multiprocessing
import signal
from pathlib import Path
from typing import Any

import pytest

from mlops.files.alone import alone

pytestmark = pytest.mark.slow

FORK = multiprocessing.get_context("spawn")


def hold(path: Path, held: Any, release: Any) -> None:
    """Another process: hold the lock until told."""
    with alone(path):
        held.set()
        release.wait()


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    return tmp_path / "locks" / "churn.lock"


def test_who_finds_the_lock_free_does_not_wait(lock: Path) -> None:
    said: list[str] = []
    with alone(lock, lambda: said.append("waiting")):
        pass
    with alone(lock, lambda: said.append("waiting")):
        pass
    assert (said, lock.exists()) == ([], True)


def test_who_comes_second_says_so_once_and_waits_for_the_first(lock: Path) -> None:
    held, release = FORK.Event(), FORK.Event()
    other = FORK.Process(target=hold, args=(lock, held, release))
    other.start()
    held.wait()
    said: list[str] = []

    def waiting() -> None:
        said.append("waiting")
        release.set()

    with alone(lock, waiting):
        assert said == ["waiting"]
    other.join()
    assert other.exitcode == 0


def test_the_lock_of_a_killed_process_is_free(lock: Path) -> None:
    held, release = FORK.Event(), FORK.Event()
    other = FORK.Process(target=hold, args=(lock, held, release))
    other.start()
    held.wait()
    other.kill()
    other.join()
    assert other.exitcode == -signal.SIGKILL
    with alone(lock, lambda: pytest.fail("nobody holds it")):
        pass
