"""Trials that nobody comes back to, those of `try` and of `tune`: of pipelines that are gone, long over, or cut off.

What a trial found is kept so that the same command trains nothing twice; it can be had again at any time. What a search
of `tune` found stands in its committed report, and its journal is for one that was killed.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from mlops.configuration.load import names as pipeline_names
from mlops.files.alone import unless_held
from mlops.operations.project import open_project
from mlops.operations.swept import Swept
from mlops.operations.trying.folder import RUNNING, lock_of, trials
from mlops.stages.wish import searches, wish_of


def sweep(root: Path, now: datetime, *, dry: bool = False) -> Swept:
    """Delete, unless `dry`, trials of pipelines that are gone, those that ended before `keep.days`, and cut off copies.

    A pipeline that is being tried is left alone. Files are counted; a copy's second names of others are files too.
    """
    configuration, project = open_project(root)
    known, since = pipeline_names(configuration), (now - timedelta(days=project.keep.days)).timestamp()
    kept = gone = size = 0
    for folder in sorted(item for item in trials(root, "").glob("*") if item.is_dir() and not item.is_symlink()):
        with unless_held(lock_of(root, folder.name)) as ours:
            files = [path for path in folder.rglob("*") if path.is_file()]
            old = (files if folder.name not in known else _over(folder, files, since)) if ours else []
            kept, gone, size = kept + len(files) - len(old), gone + len(old), size + sum(_sizes(old))
            if ours and not dry:
                _delete(folder, old)
    return Swept("trials", kept, gone, size)


def sweep_searches(root: Path, now: datetime, *, dry: bool = False) -> Swept:
    """Delete, unless `dry`, journals of searches for pipelines that are gone, and those untouched since `keep.days`.

    A search that goes on touches its journal at each trial. That another search was asked for is no journal, and stays
    as long as its pipeline.
    """
    configuration, project = open_project(root)
    known, since = pipeline_names(configuration), (now - timedelta(days=project.keep.days)).timestamp()
    kept = gone = size = 0
    for folder in sorted(item for item in searches(root, "").glob("*") if item.is_dir() and not item.is_symlink()):
        files = [path for path in folder.rglob("*") if path.is_file()]
        wish = wish_of(root, folder.name)
        old = [path for path in files if path != wish and path.stat().st_mtime < since]
        old = old if folder.name in known else files
        kept, gone, size = kept + len(files) - len(old), gone + len(old), size + sum(_sizes(old))
        if not dry:
            _delete(folder, old)
    return Swept("searches", kept, gone, size)


def _over(folder: Path, files: Iterable[Path], since: float) -> list[Path]:
    """List the files of copies that were cut off, and of trials that ended before a moment."""
    last: dict[str, float] = {}
    for path in files:
        last[path.stem] = max(last.get(path.stem, 0.0), path.stat().st_mtime)
    return [path for path in files if path.is_relative_to(folder / RUNNING) or last[path.stem] < since]


def _sizes(paths: Iterable[Path]) -> Iterator[int]:
    yield from (path.stat().st_size for path in paths)


def _delete(folder: Path, old: Iterable[Path]) -> None:
    for path in sorted(old):
        path.unlink(missing_ok=True)
    shutil.rmtree(folder / RUNNING, ignore_errors=True)
    for place in (*folder.glob("*/"), folder):
        if place.is_dir() and not any(place.iterdir()):
            place.rmdir()
