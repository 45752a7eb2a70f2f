"""The folder of CSV files that a retraining adds one to."""

from __future__ import annotations

from pathlib import Path

from mlops.configuration.pipeline import Pipeline
from mlops.errors import ConfigurationError


def rows_folder(root: Path, name: str, spec: Pipeline) -> Path:
    """Find the folder that a new file of rows joins; raises ConfigurationError where the source is none."""
    source = spec.data.source
    folder = root / "pipelines" / name / source.path
    if source.kind != "csv" or source.package is not None or source.beside or not folder.is_dir():
        raise ConfigurationError(
            f"{name} cannot be retrained: `data.source` is no folder of CSV files that a new one could join",
            hint="move the file into a folder, such as data/rows/, and name the folder: `path: data/rows`, no `sha256`",
        )
    return folder
