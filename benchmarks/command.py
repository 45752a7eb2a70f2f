"""What every benchmark can be asked: `--smoke`, or `--write`; and how contestants take turns."""

from __future__ import annotations

import argparse
import datetime
import itertools
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import page
from benchmarks.result import PAGE, ROOT, Result, Row, commit, machine, place, versions
from mlops.files.atomic import write_text


def parser(about: str | None) -> argparse.ArgumentParser:
    """Begin the command line of a benchmark, `about` being the docstring of its file."""
    made = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    one = made.add_mutually_exclusive_group()
    one.add_argument("--smoke", action="store_true", help="the smallest sizes, whose figures mean nothing")
    one.add_argument("--write", action="store_true", help="write the result and docs/benchmarks.md")
    return made


Taken = dict[str, list[dict[str, Any]]]
"""What each contestant took, turn by turn."""


def sized(about: str | None, turns: int) -> argparse.ArgumentParser:
    """Begin the command line of a benchmark on millions of rows, whose contestants take so many turns."""
    made = parser(about)
    made.add_argument("millions", type=float, nargs="?", default=10, help="millions of rows")
    made.add_argument("turns", type=int, nargs="?", default=turns)
    return made


def take_turns(file: str, contestants: Sequence[str], source: Path, rows: int, turns: int) -> Taken:
    """Run the contestants in every order, each in a fresh process that prints a JSON object as its last line.

    Who comes after a large process pays for memory that the machine took back. `file` is the benchmark itself, which is
    asked `--contestant NAME SOURCE ROWS`.
    """
    environment = {**os.environ, "POLARS_MAX_THREADS": str(os.cpu_count() or 1)}
    taken: Taken = {name: [] for name in contestants}
    for order in itertools.islice(itertools.cycle(itertools.permutations(contestants)), turns):
        for name in order:
            asked = [sys.executable, file, "--contestant", name, str(source), str(rows)]
            done = subprocess.run(asked, env=environment, check=True, stdout=subprocess.PIPE, text=True)
            taken[name].append(json.loads(done.stdout.splitlines()[-1]))
    return taken


@dataclass(frozen=True)
class Measuring:
    """A benchmark that runs: what it is called, how it was asked, and the commit it began at."""

    name: str
    libraries: tuple[str, ...]
    smoke: bool
    write: bool
    arguments: tuple[str, ...]
    commit: str = ""
    dirty: bool = False

    def end(self, rows: Iterable[Row], *, wrong: bool = False, root: Path = ROOT) -> int:
        """Write what was found where that was asked for, and give the exit code: 1 where a bound is missed.

        The smallest sizes are held to no bound; `wrong` is what must not be, whatever the size.
        """
        rows = list(rows)
        said = self.result(rows).dumps() if self.write or self.smoke else ""
        if self.write:
            write_text(root / place(self.name), said)
            page.write(root)
            print(f"written: {place(self.name)}, {PAGE}", file=sys.stderr, flush=True)
        if self.smoke:
            print("smoke: the smallest sizes; no bound was held to, nothing was written", file=sys.stderr, flush=True)
            return 1 if wrong else 0
        return 1 if wrong or any(row.holds is False for row in rows) else 0

    def result(self, rows: Sequence[Row]) -> Result:
        """Put together what was found, and where."""
        return Result(
            benchmark=self.name,
            arguments=self.arguments,
            date=datetime.datetime.now(datetime.UTC).date(),
            commit=self.commit,
            dirty=self.dirty,
            machine=machine(),
            versions=versions(self.libraries),
            rows=tuple(rows),
        )


def begin(file: str, libraries: Sequence[str], asked: argparse.Namespace, root: Path = ROOT) -> Measuring:
    """Begin a benchmark; the commit is that of now, for somebody may work on while it measures."""
    typed = tuple(word for word in sys.argv[1:] if word != "--write")
    at = commit(root) if asked.write or asked.smoke else ("", False)
    return Measuring(Path(file).stem, tuple(libraries), asked.smoke, asked.write, typed, *at)
