"""Several programs at once, at most so many at a time: what they print is told line by line, who ends makes room."""

from __future__ import annotations

import os
import selectors
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from mlops.operations.processes.child import Child, end
from mlops.operations.processes.ending import interruptible

Tell = Callable[[str], None]


def cores() -> int:
    """Count the processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True)
class Program:
    """A command and the folder that it runs in."""

    command: list[str]
    folder: Path
    environment: Mapping[str, str] | None = None


def side_by_side(programs: Mapping[str, Program], jobs: int, tell: Tell, ended: Callable[[str, int], None]) -> None:
    """Run all, in their order as there is room; `ended` is told the exit code of each.

    Whatever still runs is ended where this is interrupted.
    """
    crew = _Crew(dict(programs), jobs, tell, ended)
    with interruptible(), ExitStack() as stack, selectors.DefaultSelector() as ready:
        stack.callback(crew.end)
        while crew.waiting or crew.running:
            for name in crew.begin():
                ready.register(crew.running[name].output, selectors.EVENT_READ, name)
            for key, _ in ready.select():
                if not crew.listen(key.data, os.read(key.fd, 65536)):
                    ready.unregister(key.fileobj)
                    crew.conclude(key.data)


@dataclass
class _Crew:
    """The programs that run at the moment, and those that wait for a place."""

    waiting: dict[str, Program]
    jobs: int
    tell: Tell
    ended: Callable[[str, int], None]
    running: dict[str, Child] = field(default_factory=dict)
    rests: dict[str, bytes] = field(default_factory=dict)

    def begin(self) -> list[str]:
        """Start as many as there is room for, and name them."""
        begun = list(self.waiting)[: max(0, self.jobs - len(self.running))]
        for name in begun:
            program = self.waiting.pop(name)
            made = Child(program.command, program.folder, piped=True, environment=program.environment)
            self.running[name] = made
        return begun

    def listen(self, name: str, data: bytes) -> bool:
        """Tell the lines that are whole; gives False at the end."""
        *lines, rest = (self.rests.get(name, b"") + data).replace(b"\r", b"\n").split(b"\n")
        if not data and rest:
            lines, rest = [*lines, rest], b""
        for line in lines:
            if text := line.decode("utf-8", "replace").rstrip():
                self.tell(f"{name} | {text}")
        self.rests[name] = rest
        return bool(data)

    def conclude(self, name: str) -> None:
        """Hand over the exit code of one that has ended."""
        with self.running.pop(name) as child:
            code = child.wait()
        self.ended(name, code)

    def end(self) -> None:
        """End what still runs, all at the same time."""
        end(*self.running.values())
        for child in self.running.values():
            child.close()
