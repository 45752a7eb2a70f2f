"""What a benchmark found, where and with what: `benchmarks/results/NAME.json`, written here and read here.

Keys are only added within a version. Numbers keep six digits that count, so that what is read is what was written.
"""

from __future__ import annotations

import datetime
import json
import os
import platform
import statistics
import subprocess
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from mlops.errors import IntegrityError
from mlops.files.canonical import dumps

ROOT = Path(__file__).resolve().parent.parent
FOLDER = "benchmarks/results"
PAGE = "docs/benchmarks.md"
VERSION: Literal[1] = 1

Number = Annotated[float, AfterValidator(lambda value: float(f"{value:.6g}"))]
Text = Annotated[str, Field(min_length=1)]


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Row(_Document):
    """One figure of `n` measurements; `ratio` is ours to the peer's, `bound` is on it, or on ours where nobody else is.

    `spread` is the greatest measurement of ours less the least, as a share of the middle one. A rate that was counted
    over `n` runs has none, nor has what was measured once.
    """

    name: Text
    ours: Number
    peer: Number | None = None
    ratio: Number | None = None
    unit: Text
    n: Annotated[int, Field(ge=1)]
    spread: Annotated[Number, Field(ge=0)] | None = None
    bound: Text | None = None
    holds: bool | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Row:
        if (self.peer is None) != (self.ratio is None):
            raise ValueError("a peer and a ratio come together")
        if (self.bound is None) != (self.holds is None):
            raise ValueError("a bound holds or does not")
        return self


class Machine(_Document):
    """Where it was measured; `cores` are those that the process might use."""

    processor: Text
    cores: Annotated[int, Field(ge=1)]
    memory_gib: Number


class Result(_Document):
    """One run of one benchmark; `arguments` are what was typed behind its name."""

    schema_version: Literal[1] = VERSION
    benchmark: Text
    arguments: tuple[str, ...] = ()
    date: datetime.date
    commit: Annotated[str, Field(pattern="^[0-9a-f]{40}$")]
    dirty: bool
    machine: Machine
    versions: dict[str, str]
    rows: Annotated[tuple[Row, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _names_a_row_once(self) -> Result:
        if len({row.name for row in self.rows}) < len(self.rows):
            raise ValueError("two rows have one name")
        return self

    def dumps(self) -> str:
        """Spell the document."""
        return dumps(self.model_dump(mode="json"))


def place(name: str) -> str:
    """Say where the result of a benchmark is kept.

    >>> place("fleet")
    'benchmarks/results/fleet.json'
    """
    return f"{FOLDER}/{name}.json"


def read(root: Path, name: str) -> Result | None:
    """Read what was measured last, None where nothing was; raises IntegrityError where the file is no such document."""
    path = root / place(name)
    if not path.exists():
        return None
    hint = f"make bench-{name}"
    try:
        document = json.loads(path.read_bytes())
        told = document.get("schema_version") if isinstance(document, dict) else VERSION
        if told != VERSION:
            raise IntegrityError(f"{place(name)} has schema_version {told!r}, this tool reads {VERSION}", hint=hint)
        found = Result.model_validate(document)
    except (ValueError, RecursionError) as error:
        raise IntegrityError(f"{place(name)} is not the result of a benchmark{_told(error)}", hint=hint) from error
    if found.benchmark != name:
        raise IntegrityError(f"{place(name)} is the result of {found.benchmark}", hint=hint)
    return found


def _told(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return ""
    first = error.errors()[0]
    return f": {'.'.join(map(str, first['loc']))}: {first['msg']}"


def spread(values: Sequence[float]) -> float | None:
    """Give the greatest less the least as a share of the middle one; None where there is one, or none to compare with.

    >>> spread([2.0, 4.0, 5.0]), spread([2.0])
    (0.75, None)
    """
    middle = statistics.median(values)
    return (max(values) - min(values)) / middle if len(values) > 1 and middle else None


def machine() -> Machine:
    """Describe this machine by what a figure depends on, and by nothing that tells whose it is."""
    may = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    return Machine(processor=_processor(), cores=may, memory_gib=round(memory, 1))


def _processor() -> str:
    facts = Path("/proc/cpuinfo")
    lines = facts.read_text().splitlines() if facts.exists() else []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return " ".join([*named[:1], platform.machine()])


def versions(libraries: Sequence[str]) -> dict[str, str]:
    """Name Python's version, and those of the libraries that a figure is about."""
    return {"python": platform.python_version()} | {name: version(name) for name in libraries}


def commit(root: Path) -> tuple[str, bool]:
    """Name the commit that is checked out, and say whether files differ from it; results and their page do not count.

    Two benchmarks measured one after the other are of one commit.
    """
    head = _git(root, "rev-parse", "HEAD").strip()
    changed = _git(root, "status", "--porcelain", "--", ".", f":(exclude){FOLDER}", f":(exclude){PAGE}")
    return head, bool(changed.strip())


def _git(root: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True, text=True).stdout
