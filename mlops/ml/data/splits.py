"""Dividing rows into train, validation and test, the same way on every machine.

A row's part follows from its identity (`__row__`) or its group, a seed and the fractions, never from its place in the
file read or from a random generator. Groups are placed by SHA-256 of seed and key, so a group never moves when rows are
appended; single rows are ordered by a SplitMix64 of seed and row, so that the parts have exactly the sizes asked for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mlops.blocks.split import Split
from mlops.errors import DataError
from mlops.ml.data.declared_parts import declared_parts
from mlops.ml.data.names import ROWS, VALUE, counted
from mlops.ml.data.parquet import ROW
from mlops.ml.data.target import Task

PARTS = ("train", "validation", "test")
PART = "__part__"
_STRATA = 10
_FEW = 3
_AT_ONCE = 16_384

Codes = NDArray[np.int64]
Placed = NDArray[np.int64] | NDArray[np.uint8]


class Plan(Split):
    """How to divide: by a split, of rows whose `target` is a class, or a number where the task is a regression."""

    target: str = ""
    entity: str | None = None
    """The key of groups that `validate` let through with rows that have none: each of these stands alone."""
    task: Task = "binary"

    @property
    def bounds(self) -> tuple[float, float]:
        """Shares of the rows at which train and validation end."""
        return self.fractions.train, self.fractions.train + self.fractions.validation


def assign(frame: pl.DataFrame, plan: Plan, official: int = 0) -> pl.Series:
    """Give each row its part as an index into PARTS; raises DataError for a missing key.

    Rows numbered below `official` are an official test set; the others are then divided into train and validation.
    """
    codes = _WAYS[plan.by](frame, plan) if not official else _beside_official(frame, plan, official)
    return pl.Series(PART, codes, dtype=pl.UInt8)


def _beside_official(frame: pl.DataFrame, plan: Plan, official: int) -> Placed:
    train, validation, _ = plan.fractions.shares
    # no share is left for test: what rounding leaves above the last bound validates
    shares = plan.fractions.model_copy(
        update={"train": train / (train + validation), "validation": validation / (train + validation), "test": 0.0}
    )
    codes = np.full(frame.height, PARTS.index("test"), dtype=np.int64)
    others = frame[ROW].to_numpy() >= official
    divided = _WAYS[plan.by](frame.filter(pl.Series(others)), plan.model_copy(update={"fractions": shares}))
    codes[others] = np.minimum(divided, PARTS.index("validation"))
    return codes


class Divided(NamedTuple):
    """The rows of each part; the fields are those of PARTS, in their order."""

    train: pl.DataFrame
    validation: pl.DataFrame
    test: pl.DataFrame

    @classmethod
    def of(cls, frame: pl.DataFrame, parts: pl.Series) -> Divided:
        """Take the rows apart by the part of each."""
        return cls(*(frame.filter(parts == index) for index in range(len(PARTS))))

    @property
    def held(self) -> pl.DataFrame:
        """The rows that are not learnt from."""
        return pl.concat([self.validation, self.test])


def apart_by(frame: pl.DataFrame, parts: pl.Series, plan: Plan) -> pl.Series:
    """Tell which rows [n] of a split by time stay when each part ends `gap` before the first row of the next.

    Raises:
        DataError: the key is text, of which nobody can say how far apart its values are.

    That is purging (López de Prado, Advances in Financial Machine Learning, 2018, 7.4.1).
    """
    keys = split_key(frame, plan)
    if keys.dtype.is_temporal():
        keys, gap = keys.cast(pl.Datetime("us")).to_physical(), (plan.gap or 0) * 86_400_000_000
    elif keys.dtype.is_numeric():
        gap = plan.gap or 0
    else:
        raise DataError(f"`{keys.name}` is text, in which no `gap` can be measured", hint="give it a `type:`, say date")
    stays = pl.Series([True]).new_from_index(0, frame.height)
    for part in range(1, len(PARTS)):
        if (first := keys.filter(parts >= part).min()) is not None:
            stays &= (parts >= part) | (keys - first <= -gap)
    return stays


def digest(rows: pl.Series) -> str:
    """Name a set of rows by the SHA-256 of their sorted identities as little-endian 64-bit integers."""
    ordered = rows if rows.is_sorted() else rows.sort()  # as rows of a part mostly are
    content = np.ascontiguousarray(ordered.to_numpy(), dtype="<i8").data
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def shared(frame: pl.DataFrame, parts: pl.Series, entity: str) -> tuple[int, int]:
    """Count the values of an entity that are in more than one part, and all its values."""
    placed = pl.DataFrame([frame[entity].alias(VALUE), parts.alias(PART)]).drop_nulls(VALUE)
    spread = placed.group_by(VALUE).agg(pl.col(PART).n_unique())
    return int((spread[PART] > 1).sum()), spread.height


def hashed(keys: list[str], seed: int) -> NDArray[np.float64]:
    """Map each key to a number in [0, 1) by SHA-256."""
    salt = f"{seed}\x1f".encode()
    tops = [int.from_bytes(hashlib.sha256(salt + key.encode()).digest()[:8], "big") >> 11 for key in keys]
    return np.array(tops, dtype=np.float64) / 2.0**53


def mixed(rows: pl.Series, seed: int) -> NDArray[np.uint64]:
    """Map each row number to 64 well-mixed bits: SplitMix64 (Steele, Lea and Flood, 2014) from a salted start."""
    start = int.from_bytes(hashlib.sha256(f"rows\x1f{seed}".encode()).digest()[:8], "big")
    bits = rows.to_numpy().astype(np.uint64)
    with np.errstate(over="ignore"):
        for first in range(0, bits.size, _AT_ONCE):  # in place, of no more rows at once than the cache holds
            z = bits[first : first + _AT_ONCE]
            z *= np.uint64(0x9E3779B97F4A7C15)
            z += np.uint64(start)
            for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
                z ^= z >> np.uint64(shift)
                z *= np.uint64(factor)
            z ^= z >> np.uint64(31)
    return bits


def _random(frame: pl.DataFrame, plan: Plan) -> Placed:
    bits = mixed(frame[ROW], plan.seed)
    return _parted(bits, _sizes(bits.size, plan.fractions.shares))


def _stratified(frame: pl.DataFrame, plan: Plan) -> Placed:
    return _cut(frame[ROW], strata(frame, plan), plan)


def strata(frame: pl.DataFrame, plan: Plan) -> Codes:
    """Number the class of each row, or the tenth of a number's range that it is in: [n]."""
    values = frame[plan.target]
    if plan.task == "regression":
        found = ((values.rank("min") - 1) * _STRATA / max(frame.height, 1)).floor()
    else:
        found = values.cast(pl.String).rank("dense")
    return found.fill_null(0).cast(pl.Int64).to_numpy()


def _cut(rows: pl.Series, strata: Codes, plan: Plan) -> Placed:
    """Order each stratum by its mixed bits and cut it at the fractions."""
    bits, codes = mixed(rows, plan.seed), np.empty(rows.len(), dtype=np.uint8)
    for stratum in _runs(strata):
        codes[stratum] = _parted(bits[stratum], _sizes(stratum.size, plan.fractions.shares))
    return codes


def _parted(bits: NDArray[np.uint64], sizes: list[int]) -> Placed:
    """Give so many of the least bits to train, so many of the next to validation: no two rows have the same."""
    parts, left, start = np.zeros(bits.size, dtype=np.uint8), bits.copy(), 0
    for end in np.cumsum(sizes)[:-1].tolist():
        if end < bits.size:
            left.partition(end - start)  # one place at a time, each among what lies above the last
            parts += bits >= left[end - start]
            left, start = left[end - start :], end
    return parts


def _runs(strata: Codes) -> list[Codes]:
    """List the places of each stratum, ascending."""
    if not strata.size or (strata == strata[0]).all():
        return [np.arange(strata.size)]
    small = strata.astype(np.uint16) if strata.min() >= 0 and strata.max() < 2**16 else strata  # which sorts faster
    order = np.argsort(small, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(strata[order])) + 1)


def _sizes(count: int, fractions: tuple[float, float, float]) -> list[int]:
    """Share out `count` by largest remainder; three rows or more leave no part that has a share empty."""
    exact = [count * fraction for fraction in fractions]
    sizes = [int(size) for size in exact]
    by_remainder = sorted(range(len(PARTS)), key=lambda part: (sizes[part] - exact[part], part))
    for part in by_remainder[: count - sum(sizes)]:
        sizes[part] += 1
    wanted = [part for part, share in enumerate(fractions) if share]
    while count >= _FEW and (empty := [part for part in wanted if not sizes[part]]):
        sizes[sizes.index(max(sizes))] -= 1
        sizes[empty[0]] += 1
    return sizes


def _grouped(frame: pl.DataFrame, plan: Plan) -> Codes:
    keys = split_key(frame, plan)
    known = keys.drop_nulls().unique()
    names = [spelled(value) for value in known.to_list()]
    alone = [f"\x1frow {row}" for row in frame[ROW].filter(keys.is_null()).to_list()]
    parts = np.searchsorted(plan.bounds, hashed([*names, *alone], plan.seed), side="right")
    codes = _placed(keys, known, parts[: len(names)])
    codes[keys.is_null().to_numpy()] = parts[len(names) :]
    return codes


def _timed(frame: pl.DataFrame, plan: Plan) -> Codes:
    """Cut in the order of the key; rows of the same time stay together, on the side where most of them belong."""
    keys = split_key(frame, plan)
    times = counted(keys).sort(VALUE)
    rows = times.get_column(ROWS)
    middle = (rows.cum_sum() - rows / 2).to_numpy() / max(frame.height, 1)
    return _placed(keys, times.get_column(VALUE), np.searchsorted(plan.bounds, middle, side="right"))


def _declared(frame: pl.DataFrame, plan: Plan) -> Codes:
    """Take each row's part from the column; where none is for validation, cut it from train."""
    codes = declared_parts(split_key(frame, plan), plan.values)
    if not (codes == 1).any():
        learnt = np.flatnonzero(codes == 0)
        codes[learnt[_held(frame[learnt], plan)]] = 1
    return codes


def _held(frame: pl.DataFrame, plan: Plan) -> NDArray[np.bool_]:
    """Choose the rows of train that validate: whole entities, else alike of every class or tenth of the numbers."""
    train, validation, _ = plan.fractions.shares
    share = train / (train + validation)
    if plan.entity is not None:
        keys = frame[plan.entity]
        rows = zip(keys.to_list(), frame[ROW].to_list(), strict=True)
        names = [f"\x1frow {row}" if key is None else spelled(key) for key, row in rows]
        return hashed(names, plan.seed) >= share
    rank = pl.DataFrame({PART: strata(frame, plan), VALUE: mixed(frame[ROW], plan.seed), ROW: frame[ROW]})
    place = rank.select(((pl.struct(VALUE, ROW).rank("ordinal") - 0.5) / pl.len()).over(PART)).to_series()
    return np.asarray(place.to_numpy() > share)


def _placed(keys: pl.Series, values: pl.Series, parts: Codes) -> Codes:
    """Give each key the part that its value has."""
    known = pl.DataFrame([values.alias(VALUE), pl.Series(PART, parts)])
    joined = keys.alias(VALUE).to_frame().join(known, on=VALUE, how="left", maintain_order="left")
    return joined[PART].fill_null(0).to_numpy(writable=True)


def split_key(frame: pl.DataFrame, plan: Plan) -> pl.Series:
    """Take the column that rows are split by; raises DataError where there is none, or a row has no value."""
    if plan.key is None or plan.key not in frame.columns:
        wrong = f"there is no column `{plan.key}` to split by" if plan.key else f"a split by {plan.by} needs a `key`"
        raise DataError(
            wrong, hint=f"split: {{by: {plan.by}, key: COLUMN}}; `keys` lists columns that stay but teach nothing"
        )
    keys = frame[plan.key]
    if keys.null_count() and not (plan.by == "group" and plan.key == plan.entity):
        raise DataError(
            f"{keys.null_count():,} of {frame.height:,} rows have no value of `{plan.key}`, the key of the split",
            hint="fill the column, or split by another one",
        )
    return keys


def spelled(value: object) -> str:
    """Spell a key alike whether it was read as a whole number or as a float."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


_WAYS: Mapping[str, Callable[[pl.DataFrame, Plan], Placed]] = {
    "random": _random,
    "stratified": _stratified,
    "group": _grouped,
    "time": _timed,
    "column": _declared,
}
