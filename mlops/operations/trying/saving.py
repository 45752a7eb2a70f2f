"""`mlops try --save`: a combination written into the pipeline's YAML, key by key; all else of the file stays."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mlops.configuration.load import load_pipeline
from mlops.configuration.reading.document import Document
from mlops.configuration.reading.fleet import read_fleets
from mlops.configuration.reading.library import GROUPS, Configuration
from mlops.configuration.reading.parse import read
from mlops.errors import ConfigurationError
from mlops.files.atomic import write_text
from mlops.operations.language.edit import Keys, edited
from mlops.operations.language.flow import Value, flow
from mlops.operations.trying.combinations import Combination


@dataclass(frozen=True)
class Draft:
    """A file as it would be, and as it is."""

    path: str
    before: str
    after: str

    @property
    def diff(self) -> str:
        """What changes, as a unified diff; empty where nothing does."""
        before, after = (text.splitlines(keepends=True) for text in (self.before, self.after))
        return "".join(difflib.unified_diff(before, after, f"a/{self.path}", f"b/{self.path}", n=1))

    def write(self, root: Path) -> None:
        """Write it."""
        write_text(root / self.path, self.after)


def draft(configuration: Configuration, name: str, combination: Combination) -> Draft:
    """Write a combination into the file that people edit, and read it again: it must say what was tried.

    Raises:
        ConfigurationError: the file has no place for a key, or something that stands over it.
    """
    file, document = _file(configuration, name)
    path, text = document.file, document.text
    for key, value in combination.values.items():
        text = edited(text, _place(document, key, value, name, in_a_row=file.startswith("fleet/")), value)
    again, found = load_pipeline(configuration.changed(file, read(path, text.encode())), name)
    if found or again is None or again.value != combination.workspace.pipelines[name].value:
        settings = ", ".join(f"{key}: {flow(value)}" for key, value in combination.values.items())
        why = found[0].message if found else "something stands over these keys: written there, they would not hold"
        raise ConfigurationError(f"{path}: {why}", hint=f"write them by hand: {settings}")
    return Draft(path, document.text, text)


def _file(configuration: Configuration, name: str) -> tuple[str, Document]:
    row = read_fleets(configuration, name).rows.get(name)
    path = f"conf/pipeline/{name}.yaml" if row is None else row.position.file
    if not path.endswith(".yaml"):
        raise ConfigurationError(f"{name} is a row of {path}, a table", hint=f"add a column to {path} by hand")
    file = path.removeprefix("conf/").removesuffix(".yaml")
    document = configuration.document(file)
    if document is None:
        raise ConfigurationError(f"there is no file {path}", hint="write it: mlops new")
    return file, document


def _place(document: Document, key: str, value: Value, name: str, *, in_a_row: bool) -> Keys:
    """Say where a key stands in the file: in a row of a fleet dotted as it is, a group among the `defaults`."""
    if in_a_row:
        fleet = document.file.removeprefix("conf/fleet/").removesuffix(".yaml")
        return ("rows", name.removeprefix(f"{fleet}-"), key)
    if key not in GROUPS or isinstance(value, dict):
        return tuple(key.split("."))
    for index, entry in _entries(document):
        if entry == f"/{key}":
            return ("defaults", index, entry)
    raise ConfigurationError(
        f"{document.file} names no `/{key}` in its `defaults`", hint=f"add `- /{key}: ...` by hand"
    )


def _entries(document: Document) -> Iterator[tuple[int, str]]:
    entries = document.value.get("defaults") if isinstance(document.value, dict) else None
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        if isinstance(entry, dict):
            yield from ((index, str(key)) for key in entry)
