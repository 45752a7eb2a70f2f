"""What was answered in a batch, as a prediction log: the monitor reads it like a server's.

A record's time is when its partition was written, and names of segments follow from the bytes of partition and bundle:
whoever scores a partition again, after a kill, writes the same segments again, and none twice.
"""

from __future__ import annotations

import gzip
import hashlib
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import polars as pl

from mlops.bundle.prediction_log import MINUTE, Spelling, segment_name
from mlops.files.atomic import write_bytes
from mlops.operations.scoring.answers import IDENTITY
from mlops.operations.scoring.rows import spelt

if TYPE_CHECKING:
    from pathlib import Path

    from mlops.bundle.prediction_log import Refused
    from mlops.bundle.schema import RequestSchema
    from mlops.files.remote_folder import RemoteFolder
    from mlops.operations.scoring.rows import Answered

_ROWS = 20_000  # of a segment
_LEVEL = 1  # of gzip, as a server packs
_KEPT = (str, int, float, bool)
_LONGEST = 100  # characters of a key that the log keeps


@dataclass(frozen=True)
class BatchLog:
    """Where answers are written down: a folder here, from which `place` gets them where there is one."""

    folder: Path
    place: RemoteFolder | None
    schema: RequestSchema
    bundle: str

    def begin(self, name: str, input_digest: str, moment: int) -> PartitionLog:
        """Begin the log of a partition that was written at a `moment`, in microseconds since 1970."""
        said = f"{self.bundle} {input_digest} {name}".encode()
        return PartitionLog(self, hashlib.sha256(said).hexdigest()[:16], moment)


@dataclass
class PartitionLog:
    """The log of one partition; its row k, from 0, has the prediction id `<identity>-<k>`."""

    log: BatchLog
    identity: str
    moment: int
    written: list[Path] = field(default_factory=list)

    def identities(self, before: int, rows: int) -> pl.Series:
        """Name rows of the partition."""
        numbers = pl.Series(IDENTITY, range(before, before + rows), dtype=pl.Int64)
        return (self.identity + "-" + numbers.cast(pl.String)).rename(IDENTITY)

    def add(self, block: pl.DataFrame, found: Answered, before: int) -> None:
        """Write the answered rows of a block down, and count the refused ones."""
        fields = [each.name for each in self.log.schema.fields]
        keys = [name for name in self.log.schema.keys if name in block.columns]
        answered = [position for position in range(block.height) if position not in found.refused]
        refused: Counter[Refused] = Counter()
        for column, reason in found.refused.values():
            refused[(self.moment - self.moment % MINUTE, column, reason)] += 1
        for start in range(0, max(len(answered), 1), _ROWS):
            chosen = answered[start : start + _ROWS]
            rows = [_without_long(row, keys) for row in spelt(block[chosen].select(*fields, *keys))]
            self._segment(rows, found, chosen, before, refused if start == 0 else Counter())

    def _segment(
        self, rows: list[dict[str, Any]], found: Answered, chosen: list[int], before: int, refused: Counter[Refused]
    ) -> None:
        spelling = Spelling(self.log.schema, self.log.bundle)
        outputs = found.scores[chosen].reshape(len(chosen), -1).tolist()
        numbers = [before + position for position in chosen]
        lines = spelling.head(len(rows), refused) + spelling.records(self.identity, self.moment, rows, outputs, numbers)
        unique = f"{self.identity}-{len(self.written):x}"
        path = self.log.folder / segment_name(self.moment, self.moment, unique)
        write_bytes(path, gzip.compress(lines, _LEVEL, mtime=0))
        self.written.append(path)

    def close(self) -> None:
        """Send what was written, once the partition is done."""
        if self.log.place is None:
            return
        for path in self.written:
            self.log.place.put(path)
            path.unlink()

    def discard(self) -> None:
        """Take back what was written of a partition that came to nothing."""
        for path in self.written:
            path.unlink(missing_ok=True)


def _without_long(row: dict[str, Any], keys: list[str]) -> dict[str, Any]:
    """Leave out keys that the log does not keep."""
    left = {name for name in keys if row[name] is not None and not _kept(row[name])}
    return {name: value for name, value in row.items() if name not in left}


def _kept(value: Any) -> bool:
    return isinstance(value, _KEPT) and not (isinstance(value, str) and len(value) > _LONGEST)
