"""Score partitions by a bundle: each once, by the digests of its bytes and of the bundle; say what was made of what."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mlops.bundle.golden import Golden
from mlops.bundle.predictor import Predictor
from mlops.documents.scoring import RefusedRows, Scored, ScoredPartition, ScoringManifest
from mlops.errors import DataError, InfrastructureError, MlopsError
from mlops.files.atomic import write_text
from mlops.files.canonical import digest_file
from mlops.operations.scoring.log import BatchLog
from mlops.operations.scoring.part import (
    Counts,
    Scorer,
    changed,
    columns_of,
    list_refused,
    noted,
    refused_rows,
    rows_of,
    score,
)
from mlops.operations.scoring.places import (
    SUFFIX,
    Folder,
    Partition,
    foreign,
    held,
    is_folder,
    open_place,
    partitions,
    refuse_mixed,
)
from mlops.operations.scoring.reading import Stamp

if TYPE_CHECKING:
    import polars as pl

    from mlops.bundle.contents import Contents
    from mlops.operations.watching.prediction_log import Log

TOLERANCE = 1e-5  # what another processor or ONNX Runtime may change in the last bits of a golden row's score


@dataclass(frozen=True)
class Wanted:
    """What to score into what: files, folders, or addresses; `carry` are columns that the output has of the input."""

    input: str
    output: str
    carry: tuple[str, ...] = ()
    refused: str | None = None
    """Where refused rows are listed, a file or a folder as the output is; None where one refuses its partition."""


@dataclass(frozen=True)
class Lineage:
    """Where a bundle is from: the environment that it is live in, and the commit whose files say so."""

    environment: str | None = None
    commit: str | None = None


@dataclass(frozen=True)
class Outcome:
    """What a run came to: the document, and what kept partitions from being scored."""

    document: Scored
    failed: tuple[MlopsError, ...]


def load(contents: Contents) -> Predictor:
    """Load a verified bundle, and have it score its golden rows; raises IntegrityError where it scores otherwise."""
    predictor = Predictor.load(contents)
    Golden.of(contents).check(predictor, TOLERANCE)
    return predictor


def score_all(
    contents: Contents,
    wanted: Wanted,
    lineage: Lineage | None = None,
    log: Log | None = None,
    told: Callable[[str], None] = lambda _: None,
) -> Outcome:
    """Score every partition that is not scored yet; `told` is told of each that is.

    What is wrong with one partition stops no other, and is listed in the outcome.

    Raises:
        ConfigurationError: input and output are in each other's way.
        DataError: the input is none.
        IntegrityError: the bundle does not score its golden rows as it should.
        InfrastructureError: another run scores into the same output.
    """
    named = {"--in": wanted.input, "--out": wanted.output, "--refused": wanted.refused}
    refuse_mixed({option: place for option, place in named.items() if place is not None})
    predictor = load(contents)
    lists = wanted.refused is not None
    scorer = Scorer(predictor, contents.digest, wanted.carry, lists, log is not None)
    kept = None if log is None else BatchLog(log.folder, log.place, predictor.schema, contents.digest)
    with held(wanted.output), tempfile.TemporaryDirectory(prefix="mlops-score-") as scratch:
        batch = _Batch(wanted, scorer, Path(scratch), kept, told)
        return batch.run(contents.manifest.pipeline, lineage or Lineage())


class _Batch:
    """One run: places, opened, and the manifest of the run before."""

    def __init__(
        self, wanted: Wanted, scorer: Scorer, scratch: Path, log: BatchLog | None, told: Callable[[str], None]
    ) -> None:
        folder = is_folder(wanted.input)
        self._wanted, self._scorer, self._log, self._told = wanted, scorer, log, told
        self._input, self._one = open_place(wanted.input, scratch / "input", folder=folder)
        self._output, self._into = open_place(wanted.output, scratch / "output", folder=folder)
        self._list: Folder | None = None
        self._listed = ""
        if wanted.refused is not None:
            self._list, self._listed = open_place(wanted.refused, scratch / "refused", folder=folder)
        self._manifest, self._manifest_name = open_place(manifest_of(wanted.output), scratch / "beside", folder=False)
        self._before = self._read_manifest()
        self._columns: Mapping[str, pl.DataType] = {}

    def run(self, pipeline: str, lineage: Lineage) -> Outcome:
        """Score what is not scored, and write the manifest."""
        done: list[ScoredPartition] = []
        now: list[str] = []
        failed: list[MlopsError] = []
        for partition in partitions(self._wanted.input, self._input, self._one):
            try:
                found, fresh = self._one_of(partition)
            except InfrastructureError:
                raise
            except MlopsError as error:
                failed.append(error)
                continue
            done.append(found)
            now += [partition.name] if fresh else []
        manifest = self._document(pipeline, lineage, done)
        if done:
            write_text(self._manifest.place(self._manifest_name), manifest.dumps())
            self._manifest.deliver(self._manifest_name)
        others = self._others()
        written = manifest_of(self._wanted.output) if done else None
        return Outcome(Scored(manifest=manifest, written=written, scored=tuple(now), others=others), tuple(failed))

    def _one_of(self, partition: Partition) -> tuple[ScoredPartition, bool]:
        """Score a partition, or find that it is."""
        shown = self._wanted.input if self._one else f"{self._wanted.input.rstrip('/')}/{partition.name}"
        source = self._input.here(partition.name)
        if source is None:
            raise DataError(f"{shown}: there is no such file", hint="name a Parquet file, or a folder: --in PARQUET")
        stamp = Stamp.of(source)
        digest = digest_file(source)
        if Stamp.of(source) != stamp:
            raise changed(shown)
        try:
            if (found := self._found(partition, shown, digest)) is not None:
                return found, False
            return self._score(partition, shown, (source, stamp, digest)), True
        finally:
            self._input.forget(partition.name)
            self._output.forget(self._into or partition.name)
            if self._list is not None:
                self._list.forget(self._listed or partition.name)

    def _found(self, partition: Partition, shown: str, digest: str) -> ScoredPartition | None:
        """Find a partition that was scored before, from the same bytes, by the same bundle, in the same way."""
        target = self._into or partition.name
        path = self._output.here(target)
        if path is None:
            return None
        note = noted(path)
        if note is None:
            raise foreign("--out", self._wanted.output, target)
        made = digest_file(path)
        recorded, self._columns = self._before.get(partition.name), columns_of(path)
        if note != self._scorer.note(digest) or (
            recorded is not None and recorded.input == digest and recorded.output != made
        ):
            return None
        rows, without = rows_of(path)
        listed = self._listed_before(partition, note)
        refused, list_digest = listed if listed is not None else ((), None)
        if without and self._list is None:
            raise DataError(
                f"{shown}: {without:,} of its {rows:,} rows are refused, as the output from before says",
                hint="--refused PARQUET lists them",
            )
        if sum(each.rows for each in refused) != without:
            return None
        return _partition(partition.name, digest, made, rows, refused, list_digest)

    def _listed_before(self, partition: Partition, note: dict[str, str]) -> tuple[tuple[RefusedRows, ...], str] | None:
        if self._list is None:
            return None
        path = self._list.here(self._listed or partition.name)
        return None if path is None or noted(path) != note else (refused_rows(path), digest_file(path))

    def _score(self, partition: Partition, shown: str, source: tuple[Path, Stamp, str]) -> ScoredPartition:
        target, digest = self._into or partition.name, source[2]
        listed = self._listed or partition.name
        there = None if self._list is None else self._list.here(listed)
        if there is not None and noted(there) is None:
            raise foreign("--refused", str(self._wanted.refused), listed)
        moment = self._input.moment(partition.name) if self._log is not None else 0
        log = None if self._log is None else self._log.begin(partition.name, digest, moment)
        told: list[tuple[tuple[RefusedRows, ...], str]] = []

        def finish(counts: Counts) -> None:
            if self._list is None:
                return
            if not counts.refused:
                self._list.remove(listed)
                return
            path = self._list.place(listed)
            list_refused(path, counts, self._scorer.note(digest))
            told.append((refused_rows(path), digest_file(path)))
            self._list.deliver(listed)

        path = self._output.place(target)
        try:
            counts = score(self._scorer, shown, source, partition, path, finish, log)
        except BaseException:
            if log is not None:
                log.discard()
            raise
        made = digest_file(path)
        self._columns = columns_of(path)
        if log is not None:
            log.close()
        self._output.deliver(target)
        self._told(_line(shown, counts))
        refused, list_digest = told[0] if told else ((), None)
        return _partition(partition.name, digest, made, counts.rows, refused, list_digest)

    def _read_manifest(self) -> dict[str, ScoredPartition]:
        """Read what the run before wrote down, by partition; nothing where there was none."""
        path = self._manifest.here(self._manifest_name)
        if path is None:
            return {}
        before = ScoringManifest.read(path)
        if before is None:  # whatever it is, it would be written over
            raise foreign("--out", self._wanted.output, manifest_of(self._wanted.output))
        return {each.name: each for each in before.partitions}

    def _others(self) -> tuple[str, ...]:
        """List files of the output that are of no partition of the input, such as those of one that is gone."""
        if self._into:
            return ()
        here = {each.name for each in partitions(self._wanted.input, self._input, self._one)}
        return tuple(sorted(name for name in self._output.names() if name.endswith(SUFFIX) and name not in here))

    def _document(self, pipeline: str, lineage: Lineage, done: Sequence[ScoredPartition]) -> ScoringManifest:
        known = {"environment": lineage.environment, "commit": lineage.commit, "refused": self._wanted.refused}
        classes = self._scorer.predictor.classes
        return ScoringManifest(
            schema_version=1,
            pipeline=pipeline,
            bundle=self._scorer.bundle,
            input=self._wanted.input,
            output=self._wanted.output,
            columns={name: str(dtype) for name, dtype in self._columns.items()},
            rows=sum(each.rows for each in done),
            refused_rows=sum(said.rows for each in done for said in each.refused),
            partitions=tuple(done),
            **{key: value for key, value in known.items() if value is not None},
            **({} if classes is None else {"classes": classes}),
        )


def manifest_of(output: str) -> str:
    """Name the manifest of an output: beside it, for readers take every file in a folder for rows.

    >>> manifest_of("scores/"), manifest_of("scores.parquet")
    ('scores.manifest.json', 'scores.parquet.manifest.json')
    """
    return f"{output.rstrip('/')}.manifest.json"


def _partition(
    name: str, source: str, made: str, rows: int, refused: tuple[RefusedRows, ...], listed: str | None
) -> ScoredPartition:
    more = {"refused": refused, "refused_output": listed} if refused else {}
    return ScoredPartition(name=name, input=source, output=made, rows=rows, **more)


def _line(shown: str, counts: Counts) -> str:
    refused = sum(each.height for each in counts.refused)
    also = f", {refused:,} refused" if refused else ""
    also += f", {counts.outside:,} outside of what the model is for" if counts.outside else ""
    return f"{shown}: {counts.rows:,} rows scored{also}"
