"""All or nothing, whatever stops it: refused, a full disk, a kill at any point."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import sys
from pathlib import Path

import pytest

from mlops.errors import ConfigurationError, InfrastructureError
from mlops.operations.starting.laying import STAGE, lay, leftover, take_back

FILES = {"conf/project.yaml": "name: shop\n", "conf/policy.yaml": "owners\n", "README.md": "# shop\n", ".a/b/c": "c"}
CHANGES = ("open", "os.mkdir", "os.rename", "os.remove", "os.rmdir")


def build(new: Path) -> None:
    for name, text in FILES.items():
        (new / name).parent.mkdir(parents=True, exist_ok=True)
        (new / name).write_text(text)


def tree(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


def killed(folder: Path, after: int) -> bool:
    """Lay in a process that is killed before its next change after so many; say whether it came to that."""
    child = os.fork()
    if not child:
        count = 0

        def watch(event: str, given: tuple[object, ...]) -> None:
            nonlocal count
            if event in CHANGES:
                count += 1
                if count > after:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(watch)
        take_back(folder)
        lay(folder, build)
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def test_everything_is_there_and_nothing_else(tmp_path: Path) -> None:
    assert lay(tmp_path / "a" / "shop", build) == tuple(sorted(FILES))
    assert tree(tmp_path / "a" / "shop") == FILES


@pytest.mark.slow
def test_after_a_kill_at_any_point_another_run_ends_the_same(tmp_path: Path) -> None:
    after = 0
    done = False
    while killed(folder := tmp_path / f"{after}" / "shop", after):
        done = not (folder / STAGE / "list.json").exists() and (folder / "conf").exists()
        if not done:  # with nothing left to do but to remove an empty folder
            take_back(folder)
            assert not folder.exists() or tree(folder) == {}
            lay(folder, build)
        assert tree(folder) == FILES
        after += 1
    assert done, "not killed at the very end"
    assert after > len(FILES), "nothing was killed"
    assert tree(folder) == FILES


@pytest.mark.slow
def test_after_two_kills_a_third_run_ends_the_same(tmp_path: Path) -> None:
    for first in range(0, 30, 3):
        folder = tmp_path / f"{first}" / "shop"
        killed(folder, first)
        killed(folder, first // 2)
        take_back(folder)
        lay(folder, build)
        assert tree(folder) == FILES


@pytest.mark.slow
def test_what_somebody_changed_since_a_kill_stays_theirs(tmp_path: Path) -> None:
    def begin(new: Path) -> None:
        build(new)
        raise KeyboardInterrupt

    folder = tmp_path / "shop"
    after = next(count for count in range(100) if killed(folder, count) and (folder / "README.md").exists())
    assert after
    assert "README.md" in leftover(folder)
    (folder / "README.md").write_text("# mine\n")
    assert "README.md" not in leftover(folder)
    take_back(folder)
    assert tree(folder) == {"README.md": "# mine\n"}
    with pytest.raises(ConfigurationError) as caught:
        lay(folder, build)
    assert caught.value.message == f"{folder / 'README.md'} is in the way"
    assert tree(folder) == {"README.md": "# mine\n"}
    with pytest.raises(KeyboardInterrupt):
        lay(folder, begin)
    assert tree(folder) == {"README.md": "# mine\n"}


@pytest.mark.parametrize(
    ("number", "said", "hint"),
    [
        (errno.ENOSPC, "no space left on device", "make room on the disk"),
        (errno.EACCES, "permission denied", "name a folder that you may write to"),
        (errno.EROFS, "read-only file system", "name a folder that you may write to"),
    ],
)
@pytest.mark.parametrize("there", [True, False])
def test_a_disk_that_does_not_take_it_is_left_as_it_was(
    number: int, said: str, hint: str, there: bool, tmp_path: Path
) -> None:
    folder = tmp_path / "deep" / "shop"
    if there:
        folder.mkdir(parents=True)

    def fails(new: Path) -> None:
        build(new)
        raise OSError(number, os.strerror(number))

    with pytest.raises(InfrastructureError) as caught:
        lay(folder, fails)
    assert caught.value.message == f"{folder} cannot be written: {said}"
    assert caught.value.hint == f"{hint}; nothing is left of this try"
    assert folder.exists() == there
    assert folder.parent.exists() == there
    assert not there or list(folder.iterdir()) == []


def test_two_at_once_are_not_two(tmp_path: Path) -> None:
    (tmp_path / STAGE).mkdir()
    held = os.open(tmp_path / STAGE, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    for act in (take_back, lambda folder: lay(folder, build)):
        with pytest.raises(InfrastructureError) as caught:
            act(tmp_path)
        assert caught.value.message == f"{tmp_path}: another `mlops init` is at work there"
        assert caught.value.hint == "wait until it is done"
    os.close(held)
