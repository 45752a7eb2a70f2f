"""Rows of a change that moves the framework: made otherwise than by the code that judges, and by no hand.

A job without the pipeline's own code made them by the change's version of this program, and told the digest of what
came out. Where the recorded rows are those, byte for byte, they are what the bundle is scored on, by the code that
judges. Whether rows may be made so is for who reviews the change of the program: nothing here can tell.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlops.compiler.lower.identity import named
from mlops.compiler.lower.inputs import Facts
from mlops.documents.change_report import FRAMEWORK_CHANGE
from mlops.errors import Inconclusive, IntegrityError
from mlops.files.atomic import write_text
from mlops.files.canonical import dumps
from mlops.files.plain_yaml import Values
from mlops.kinds.kind import Kind
from mlops.operations.digests.code import fingerprints
from mlops.operations.dvc.lock import md5_tree
from mlops.operations.judging.replay import Replay, clear, link, own_stages
from mlops.operations.judging.rows import Rows, Table, read_rows
from mlops.operations.judging.tables import (
    REPORTS,
    TABLES,
    other_counts,
    other_report,
    other_reports,
    other_tables,
    same_table,
)
from mlops.sources import SOURCES


class ForgedRows(IntegrityError):
    """Neither the code that judges nor that of the change makes the rows: that is no matter of versions."""


def makes_otherwise(home: Path, sections: Values) -> tuple[str, ...]:
    """List the stages that make rows, and whose code or libraries are others than those of the program at `home`.

    `sections` are the parameters of the change's pipeline by stage, as its own version compiled them.
    """
    known = fingerprints(home)
    facts = Facts(known.code, known.libraries)
    kinds = {"ingest": _sources(sections.get("ingest"))}  # no other of these stages looks a kind up
    here = {stage: _identity(named(stage, kinds.get(stage, ()), facts)) for stage in TABLES}
    return tuple(stage for stage in TABLES if here[stage] != _identity(sections.get(stage)))


def _sources(section: Any) -> list[Kind]:
    """Find the kinds of source that a section names, which somebody else wrote."""
    reads = section if isinstance(section, dict) else {}
    joined = reads.get("join")
    sources = [reads.get("source"), reads.get("test")]
    sources += [each.get("source") for each in (joined if isinstance(joined, list) else ()) if isinstance(each, dict)]
    known = [source for source in sources if isinstance(source, dict)]
    beside = [source.get("beside") for source in known]
    parts = [*known, *(part for each in beside if isinstance(each, list) for part in each)]
    kinds = [part.get("kind") for part in parts if isinstance(part, dict)]
    return [SOURCES[kind] for kind in kinds if isinstance(kind, str) and kind in SOURCES]


def _identity(section: Any) -> tuple[Any, Any]:
    known = section if isinstance(section, dict) else {}  # somebody else's document may have any shape
    return known.get("code"), known.get("libraries") or {}


@dataclass(frozen=True)
class OtherRows:
    """What a job made by the change's framework, in the folder `made`; None where no job did.

    `home` is the repository that judges, `framework` the changed files that jobs install the program from.
    """

    home: Path
    made: Path | None
    framework: tuple[str, ...]

    def __call__(self, replay: Replay) -> tuple[str, ...]:
        """Put recorded rows in the place of those made again where the change makes them, and say how they differ.

        Nothing is said where nothing was put there.

        Raises:
            ForgedRows: the change does not make them either.
            Inconclusive: nobody made them by the code of the change, or they cannot be had.
        """
        moved = makes_otherwise(self.home, replay.recorded.sections())
        if not moved or not [*other_tables(replay), *other_reports(replay)]:
            return ()
        if self.made is None:
            raise self._unmade(replay)
        rows = read_rows(self.made)
        _refuse(replay, [*_other_names(replay, rows), *_other_words(replay, rows)])
        places = {stage: _place(replay, stage) for stage in TABLES}
        if absent := [TABLES[stage] for stage, place in places.items() if place is None]:
            said = f"{', '.join(absent)} cannot be had by the digests of dvc.lock"
            name = replay.recorded.name
            raise self._doubt(
                replay, said, f"mlops run {name}, dvc push pipelines/{name}/dvc.yaml, commit what it records"
            )
        found = {stage: place for stage, place in places.items() if place is not None}
        _refuse(replay, list(_other_bytes(found, rows)))
        first = next((stage for stage in TABLES if not same_table(replay, stage)), moved[0])
        if first not in moved:
            return ()  # its code is said to be the same, and makes other rows: nothing here answers for that
        differences = tuple(_differences(replay, found))
        _put(replay, found, rows)
        return differences

    def _unmade(self, replay: Replay) -> Inconclusive:
        said = "no job made its rows by the code of the change"
        if own := own_stages(replay.recorded):
            return self._doubt(replay, f"{said}: they go through stages of its own code ({', '.join(own)})")
        return self._doubt(replay, said, "look why the job `framework` did not, where there is one")

    def _doubt(self, replay: Replay, said: str, hint: str = "") -> Inconclusive:
        merge = f"merge what changes {self.framework[0]} first, in a pull request of its own"
        return Inconclusive(
            f"{FRAMEWORK_CHANGE}: {replay.recorded.name}: {said}", hint=f"{hint}; or {merge}" if hint else merge
        )


def _refuse(replay: Replay, forged: list[str]) -> None:
    if forged:
        name, listed = replay.recorded.name, "".join(f"\n  {sentence}" for sentence in forged)
        raise ForgedRows(
            f"{name}: neither the code that judges nor that of the change makes what is recorded{listed}",
            hint=f"dvc repro --force pipelines/{name}/dvc.yaml, and commit what it records",
        )


def _other_names(replay: Replay, rows: Rows) -> Iterator[str]:
    for stage, path in TABLES.items():
        made = rows.tables.get(path)
        if made is None or made.md5 != replay.locked[stage].outputs.get(path):
            yield f"{path} has other rows than dvc.lock names"


def _other_words(replay: Replay, rows: Rows) -> Iterator[str]:
    for name in REPORTS:
        yield from other_report(replay, name, rows.reports.get(name, {}))


def _other_bytes(places: Mapping[str, Path], rows: Rows) -> Iterator[str]:
    """Say which tables have the name that DVC gives them, which is an MD5, and other bytes."""
    for stage, place in places.items():
        if Table.of(place).files != rows.tables[TABLES[stage]].files:
            yield f"{TABLES[stage]} has other bytes than the code of the change makes"


def _place(replay: Replay, stage: str) -> Path | None:
    """Say where the table that the lock names lies: as it was made again, or as it was recorded."""
    made = replay.again.place / TABLES[stage]
    same = md5_tree(made) == replay.locked[stage].outputs.get(TABLES[stage])
    return made if same else replay.kept(stage, TABLES[stage])


def _differences(replay: Replay, places: Mapping[str, Path]) -> Iterator[str]:
    """Say how the rows of both versions differ; where their tables do not, what is said of them does."""
    tables = ((stage, place) for stage, place in places.items() if not same_table(replay, stage))
    told = [said for stage, place in tables for said in other_counts(replay.again.place, place, TABLES[stage])]
    yield from told or other_reports(replay)


def _put(replay: Replay, places: Mapping[str, Path], rows: Rows) -> None:
    again = replay.again.place
    for stage, place in places.items():
        if place != (made := again / TABLES[stage]):
            clear(made)
            link(place, made)
    for name in REPORTS:
        write_text(again / "reports" / name, dumps(rows.reports.get(name, {})))
