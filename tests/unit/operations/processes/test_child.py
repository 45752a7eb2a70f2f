"""What was started ends, with all that it started."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from mlops.operations.processes.child import Child, end

pytestmark = pytest.mark.slow  # sockets, processes, simulations or whole repositories

CLEANS_UP = """
import signal, sys
def stop(*_): raise SystemExit(7)
signal.signal(signal.SIGTERM, stop)
try:
    print("begun", flush=True)
    signal.pause()
finally:
    print("cleaned up", flush=True)
"""
DEAF = """
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("begun", flush=True)
signal.pause()
"""
PARENT = f"""
import subprocess, sys, signal
signal.signal(signal.SIGTERM, lambda *_: None)
child = subprocess.Popen([sys.executable, "-c", {CLEANS_UP!r}])
child.wait()
print("the child ended with", child.returncode, flush=True)
"""


def started(script: str, folder: Path) -> Child:
    """Start a script and wait until it has said that it has begun."""
    child = Child([sys.executable, "-c", script], folder, piped=True)
    assert child.output.readline() == b"begun\n"
    return child


def test_a_child_prints_and_ends(tmp_path: Path) -> None:
    with Child([sys.executable, "-c", "print('hello'); raise SystemExit(3)"], tmp_path, piped=True) as child:
        assert (child.output.read(), child.wait(), child.ended) == (b"hello\n", 3, True)


def test_a_child_that_prints_where_its_parent_does_has_no_output_of_its_own(tmp_path: Path) -> None:
    with Child([sys.executable, "-c", ""], tmp_path) as child, pytest.raises(ValueError, match="where its parent does"):
        _ = child.output


def test_a_child_cleans_up_before_it_ends(tmp_path: Path) -> None:
    with started(CLEANS_UP, tmp_path) as child:
        end(child)
        assert (child.wait(), child.output.read()) == (7, b"cleaned up\n")


def test_grandchildren_end_too(tmp_path: Path) -> None:
    with started(PARENT, tmp_path) as child:
        end(child)
        assert (child.ended, child.output.read()) == (True, b"cleaned up\nthe child ended with 7\n")


def test_who_does_not_answer_is_killed(tmp_path: Path) -> None:
    with started(DEAF, tmp_path) as child:
        end(child, patience=0.0)
        assert (child.wait(), child.ended) == (-9, True)


def test_leaving_the_block_ends_the_child(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), started(CLEANS_UP, tmp_path) as child:
        raise KeyboardInterrupt
    assert child.ended


def test_an_orphan_of_the_group_ends_too(tmp_path: Path) -> None:
    script = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {CLEANS_UP!r}])"
    with started(script, tmp_path) as child:
        assert (child.wait(), child.ended) == (0, False)
        end(child)
        assert (child.ended, child.output.read()) == (True, b"cleaned up\n")


RUNNER = """
import sys
from mlops.operations.processes.child import Child
child = Child([sys.executable, "-c", sys.argv[1]], ".")
child.wait()
"""
STAGE = """
import os, signal, sys
from mlops.operations.processes import ending
ending._GRACE = 0.0
os.environ[ending.RUNNER] = "yes"
with ending.stage():
    assert sys.stdin.read() == ""  # nothing to read, and no waiting for it
    try:
        print("begun", flush=True)  # who reads it may tell this process to end before it comes to anything else
        signal.pause()
    finally:
        print("cleaned up", flush=True)
"""
THROUGH_DVC = f"""
import signal, subprocess, sys
signal.signal(signal.SIGTERM, signal.SIG_IGN)
command = ["/bin/sh", "-c", '"$1" -c "$2"', "sh", sys.executable, {STAGE!r}]
subprocess.run(command, close_fds=True)
"""
DEAF_STAGE = """
import signal
from mlops.operations.processes import ending
ending._PATIENCE = 0.0
ending.end_with_parent(0)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("begun", flush=True)
signal.pause()
"""


@pytest.mark.parametrize(
    ("script", "last"), [(THROUGH_DVC, b"cleaned up\n"), (DEAF_STAGE, b"")], ids=["a stage of DVC's", "a deaf one"]
)
def test_whoever_works_for_one_that_is_killed_ends(script: str, last: bytes, tmp_path: Path) -> None:
    command = [sys.executable, "-c", RUNNER, script]
    with Child(command, tmp_path, piped=True) as runner:
        assert runner.output.readline() == b"begun\n"
        os.kill(runner._process.pid, 9)
        runner.wait()
        # to the end of the pipe: whoever could still write to it has ended
        assert runner.output.read().startswith(last)
