"""What every benchmark can be asked: `--smoke`, or `--write`."""

from __future__ import annotations

import argparse
import datetime
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

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
