"""Which test rows the live model has not learnt from: only on those does a comparison say anything."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from mlops.errors import Inconclusive, IntegrityError
from mlops.files.plain_yaml import parse
from mlops.operations.dvc.get import get
from mlops.operations.git import files_at
from mlops.operations.live.bundles import made_at

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

_SPLIT = "artifacts/split"
_LEARNT_FROM = ("train", "validation")  # a threshold and the choice among candidates are learnt too


def unlearnt(
    root: Path, name: str, digest: str, place: Path, test: pl.DataFrame, keys: Iterable[str], group: str | None
) -> NDArray[np.int64]:
    """Find the positions of the test rows that a bundle has not learnt from.

    Where the bundle was made of the same split, these are all rows. Else a row was learnt from if a row of the same
    content, the same keys or the same group was in its training or validation part. `place` holds the run's `dvc.lock`.

    Raises:
        Inconclusive: nobody can say which rows it learnt from.
        IntegrityError: DVC brought other rows than were recorded.
    """
    import numpy as np

    with tempfile.TemporaryDirectory(prefix="mlops-split-") as folder:
        split = split_folder(root, name, digest, place, Path(folder))
        if split == place / _SPLIT:
            return np.arange(test.height)
        known = _learnt(split)
    return np.flatnonzero(~seen(test, known, tuple(keys), group))


def split_folder(root: Path, name: str, digest: str, place: Path, scratch: Path) -> Path:
    """Give the folder with the split that a bundle was made of: that of the run at `place`, or one brought here.

    Raises:
        Inconclusive: nobody can say which rows it learnt from.
        IntegrityError: DVC brought other rows than were recorded.
    """
    commit = made_at(root, name, digest)
    if commit is None:
        raise Inconclusive(f"no commit records which rows the live model {digest[:19]} learnt from")
    lock = f"pipelines/{name}/dvc.lock"
    theirs, ours = _split_of(files_at(root, commit, [lock]).get(lock), lock), _split_of(_bytes(place), lock)
    return place / _SPLIT if theirs is not None and theirs == ours else _fetched(root, name, commit, scratch)


def _bytes(place: Path) -> bytes | None:
    path = place / "dvc.lock"
    return path.read_bytes() if path.is_file() else None


def _split_of(lock: bytes | None, shown: str) -> str | None:
    """Read from a `dvc.lock` which split a run used, by its MD5."""
    try:
        value = parse(lock or b"", shown)
        outputs = value["stages"]["split"]["outs"]
        return next((str(out["md5"]) for out in outputs if out["path"] == _SPLIT), None)
    except (IntegrityError, KeyError, TypeError):
        return None


def _fetched(root: Path, name: str, commit: str, folder: Path) -> Path:
    place = folder / "split"
    if not get(root, name, _SPLIT, commit, place):
        message = f"which rows the live model learnt from is not known: dvc has not the split of commit {commit[:8]}"
        raise Inconclusive(message)
    return place


def _learnt(split: Path) -> pl.DataFrame:
    import polars as pl

    parts = [pl.read_parquet(path) for part in _LEARNT_FROM if (path := split / f"{part}.parquet").is_file()]
    if not parts:
        raise Inconclusive("the split that the live model was made of holds no training part")
    return pl.concat(parts, how="vertical_relaxed")


def seen(test: pl.DataFrame, known: pl.DataFrame, keys: tuple[str, ...], group: str | None) -> NDArray[np.bool_]:
    """Tell which rows of `test` [n] are in `known`: by all columns that both have, by keys, or by group.

    Columns of another type than before count as gone, which can only leave out more rows.

    Raises:
        Inconclusive: the tables have no column in common.
    """
    import numpy as np

    found = np.zeros(test.height, dtype=bool)
    for columns in alike(test, known, keys, group):
        found |= _among(test, known, columns)
    return found


def alike(test: pl.DataFrame, known: pl.DataFrame, keys: tuple[str, ...], group: str | None) -> list[list[str]]:
    """List the sets of columns by any of which a row is known: all that both tables have, the keys, the group.

    Raises:
        Inconclusive: the tables have no column in common.
    """
    both = [name for name in test.columns if name != "__row__" and known.schema.get(name) == test.schema[name]]
    if not both:
        raise Inconclusive("the live model learnt from a table without any column of this one")
    sets = (both, [key for key in keys if key in both], [group] if group in both else [])
    return [columns for columns in sets if columns]


def _among(test: pl.DataFrame, known: pl.DataFrame, columns: list[str]) -> NDArray[np.bool_]:
    import numpy as np
    import polars as pl

    from mlops.ml.data.names import helper

    at = helper("at")
    found = (
        test.select(columns)
        .with_row_index(at)
        .join(known.select(columns).unique(), on=columns, how="semi", nulls_equal=True)
    )
    seen = np.zeros(test.height, dtype=bool)
    seen[found[at].cast(pl.Int64).to_numpy()] = True
    return seen
