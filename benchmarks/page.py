"""docs/benchmarks.md: what benchmarks found, as their results in `benchmarks/results/` say it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.result import PAGE, Result, Row, read
from mlops.files.atomic import write_text
from mlops.files.figures import figure, plural
from mlops.present.markdown.text import cell, escape

NAMES = (
    *("data", "faults", "fleet", "folds", "gates", "intervals", "learning", "networks", "processors"),
    *("releases", "score", "serve", "serving_cost", "tracking", "train", "tune", "validate", "weights"),
)

_HEAD = """\
# Benchmarks

Made of `benchmarks/results/NAME.json` by `make bench-NAME`, which measures anew, for minutes or hours: do not edit.
A benchmark runs us and a peer in turns on one machine; a ratio is ours to the peer's. `n` is how often something was
measured or simulated; the spread is the greatest measurement of ours less the least, as a share of the middle one.
Figures of two machines do not compare. `python benchmarks/NAME.py --smoke` does all of it on the smallest sizes, within
half a minute (`faults`, which must train a model first, within one), and writes nothing.
"""
_TABLE = (
    "| figure | ours | peer | ratio | unit | n | spread | bound |",
    "| --- |" + " ---: |" * 3 + " --- | ---: | ---: | --- |",
)


@dataclass(frozen=True)
class Benchmark:
    """A benchmark, what its file says it compares, and what was measured last."""

    name: str
    about: str
    result: Result | None


def collect(root: Path) -> list[Benchmark]:
    """Read every benchmark's first sentence and its result; raises IntegrityError where a result is none."""
    return [Benchmark(name, _about(root / f"benchmarks/{name}.py"), read(root, name)) for name in NAMES]


def _about(path: Path) -> str:
    said = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return " ".join(said.split("\n\n")[0].split())


def render(benchmarks: Sequence[Benchmark]) -> str:
    """Spell the page."""
    return "\n".join([_HEAD, *("\n".join(_section(benchmark)) for benchmark in benchmarks)])


def write(root: Path) -> None:
    """Write the page anew."""
    write_text(root / PAGE, render(collect(root)))


def _section(benchmark: Benchmark) -> Iterator[str]:
    yield from (f"## {benchmark.name}", "", benchmark.about, "")
    if benchmark.result is None:
        yield f"not measured yet: `make bench-{benchmark.name}`"
    else:
        yield from _TABLE
        yield from map(_row, benchmark.result.rows)
        yield from ("", _origin(benchmark.result))
    yield ""


def _row(row: Row) -> str:
    spread = "" if row.spread is None else f"{row.spread:.1%}"
    bound = "" if row.bound is None else escape(row.bound) if row.holds else f"**missed:** {escape(row.bound)}"
    cells = (escape(row.name), figure(row.ours), _or_none(row.peer), _or_none(row.ratio), escape(row.unit))
    return f"| {' | '.join(map(cell, (*cells, f'{row.n:,}', spread, bound)))} |"


def _or_none(value: float | None) -> str:
    return "" if value is None else figure(value)


def _origin(result: Result) -> str:
    typed = escape(" ".join((f"benchmarks/{result.benchmark}.py", *result.arguments)))
    changed = ", with changes that are in no commit" if result.dirty else ""
    machine = result.machine
    where = f"{escape(machine.processor)}, {plural(machine.cores, 'core')}, {figure(machine.memory_gib)} GiB"
    libraries = ", ".join(f"{escape(name)} {escape(number)}" for name, number in sorted(result.versions.items()))
    return f"{typed} on {result.date.isoformat()}, commit {result.commit[:12]}{changed}. {where}. {libraries}."
