"""`mlops schema infer`: the `columns:` of a data block, from what a file or a pipeline's data looks like."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mlops.configuration.data import brief, excluded, personal
from mlops.configuration.load import names
from mlops.configuration.reading.library import SHIPPED
from mlops.configuration.reading.parse import read
from mlops.errors import ConfigurationError
from mlops.files.atomic import write_text
from mlops.operations.language.flow import Value
from mlops.operations.language.starter import column_rules, columns_yaml
from mlops.operations.workspace import open_workspace

if TYPE_CHECKING:
    import polars as pl

    from mlops.sources.source import Source

_BY_HAND = ("optional", "sensitive", "personal", "public", "severity", "leakage")
"""What data cannot tell: kept as it was declared."""


@dataclass(frozen=True)
class Inferred:
    """The rules by column, and the file of the data block that they belong to, where there is one."""

    columns: dict[str, dict[str, Value]]
    file: str | None = None

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines of `columns:`."""
        return tuple(columns_yaml(self.columns))


def infer(root: Path, data: str) -> Inferred:
    """Look at a file, or at the source of a pipeline of that name.

    Raises:
        ConfigurationError: there is neither, or the configuration of the pipeline does not hold.
        DataError: the file cannot be read.
    """
    path = Path(data)
    if not path.is_file():
        return _of_pipeline(root, data)
    from mlops.ml.data import guessing  # polars, for a moment: not for a name that is refused
    from mlops.ml.data.inference import describe

    return Inferred(column_rules(describe(guessing.read(path.resolve()).frame)))


def write(root: Path, found: Inferred) -> str:
    """Put the lines in the place of the `columns:` of the data block; give its path.

    Raises:
        ConfigurationError: a file belongs to no pipeline, the block is not a file of its own in this repository, or it
            is written in a way that only a person can edit.
    """
    if found.file is None or found.file.startswith(SHIPPED):
        raise ConfigurationError(
            "there is no data block to write to", hint="name a pipeline instead of a file, or copy the lines"
        )
    path = root / found.file
    text = path.read_text(encoding="utf-8")
    made = replaced(text, found.lines)
    before, after = (read(found.file, content.encode()) for content in (text, made))
    if "source" not in before.value:
        raise ConfigurationError(f"there is no data block to write to: {found.file} is not one", hint="copy the lines")
    if after.diagnostics or after.value != {**before.value, "columns": after.value.get("columns")}:
        raise ConfigurationError(f"{found.file} is not written a key a line", hint="copy the lines")
    write_text(path, made)
    return found.file


def replaced(text: str, lines: tuple[str, ...]) -> str:
    """Replace the mapping `columns:` of a YAML file by other lines, and leave everything else as it is."""
    old = text.splitlines()
    start = next((place for place, line in enumerate(old) if line.startswith("columns:")), len(old))
    end = start + 1
    while end < len(old) and (not old[end].strip() or old[end][0] in " #"):
        end += 1
    while end > start + 1 and end <= len(old) and (not old[end - 1].strip() or old[end - 1].startswith("#")):
        end -= 1  # comments before the next key are that key's
    return "\n".join([*old[:start], *lines, *old[end:]]) + "\n"


def _of_pipeline(root: Path, name: str) -> Inferred:
    from mlops.configuration.reading.library import Configuration

    if name not in names(Configuration(root)):
        raise ConfigurationError(
            f"there is neither a file nor a pipeline `{name[:80]}`",
            hint="mlops schema infer FILE, or the NAME of a pipeline",
        )
    workspace = open_workspace(root, (name,))
    loaded = workspace.pipelines[name]
    from mlops.ml.data.inference import describe

    frame = _table(loaded.spec.data.source, root / "pipelines" / name)
    data = loaded.spec.data
    keys = {*data.keys, *([data.entity] if data.entity else [])}
    sensitive = {column for column, rule in data.columns.items() if rule.sensitive}
    guessed = describe(frame.drop(excluded(data), strict=False), keys, data.target, sensitive, personal(data))
    by_hand: dict[str, Mapping[str, Value]] = {
        column: {key: value for key, value in brief(rule).items() if key in _BY_HAND}
        for column, rule in data.columns.items()
    }
    file = loaded.origins.where(("data", "source"), key=True).file
    return Inferred(column_rules(guessed, by_hand), file)


def _table(source: Source, folder: Path) -> pl.DataFrame:
    from mlops.ml.data import sources

    with sources.reading(source):
        return sources.scan(source, folder).collect()
