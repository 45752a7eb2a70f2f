"""A process that is shut in: seen in one of its own, since nothing opens it again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from mlops.errors import InfrastructureError
from mlops.operations.processes import confined

SHUT = """\
import os, subprocess, sys
from pathlib import Path
from mlops.operations.processes.confined import confine

read, written, outside = map(Path, sys.argv[1:])
confine([read], [written])
print((read / "it").read_text())
(written / "new").mkdir()
(written / "new/file").write_text("x")
os.rename(written / "new/file", written / "moved")
for name, act in {
    "write what it reads": lambda: (read / "it").write_text("y"),
    "read outside": lambda: (outside / "it").read_text(),
    "list outside": lambda: os.listdir(outside),
    "move out": lambda: os.rename(written / "moved", outside / "moved"),
    "look at its parent": lambda: open(f"/proc/{os.getppid()}/environ").read(),
    "have another read it": lambda: subprocess.run(["/bin/cat", outside / "it"], check=True),
}.items():
    try:
        act()
        print(f"may {name}")
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"may not {name}: {type(error).__name__}")
"""


@pytest.mark.skipif(confined.version() < 2, reason="this kernel has no Landlock, or one that knows no moving of files")
def test_it_reads_and_writes_what_it_may_and_nothing_else(tmp_path: Path) -> None:
    places = [tmp_path / name for name in ("read", "written", "outside")]
    for place in places:
        place.mkdir()
        (place / "it").write_text("it")
    command = [sys.executable, "-c", SHUT, *map(str, places)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines() == [
        "it",
        "may not write what it reads: PermissionError",
        "may not read outside: PermissionError",
        "may not list outside: PermissionError",
        "may not move out: PermissionError",
        "may not look at its parent: PermissionError",
        "may not have another read it: CalledProcessError",
    ], done.stderr


def test_a_kernel_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confined, "_call", lambda *_: -1)
    assert confined.version() == 0
    with pytest.raises(InfrastructureError) as caught:
        confined.confine([], [])
    assert (caught.value.message, caught.value.hint) == (
        "this kernel has no Landlock",
        "a Linux of 5.13 or later has it",
    )
