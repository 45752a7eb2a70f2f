"""Where YAML is looked for: the project's `conf/` first, the choices that ship with the package behind it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from mlops.configuration.reading.document import Document
from mlops.configuration.reading.links import Links
from mlops.configuration.reading.parse import read

GROUPS = ("data", "features", "model", "trainer", "evaluate", "gates", "package", "deploy", "monitor")
LIBRARY = Path(__file__).parents[2] / "library"
SHIPPED = "mlops/library"


def there(path: Path) -> bool:
    """Tell whether a file is there; under a name that no file can have, none is."""
    try:
        return path.is_file()
    except OSError:
        return False


@lru_cache(maxsize=256)
def _shipped(file: str) -> Document | None:
    """Read `group/option` of the library, which is the program's own and stays as it is."""
    path = LIBRARY / f"{file}.yaml"
    return read(f"{SHIPPED}/{file}.yaml", path.read_bytes()) if there(path) else None


@dataclass(frozen=True)
class Configuration:
    """The YAML files of one project, each read once."""

    root: Path
    _documents: dict[str, Document | None] = field(default_factory=dict, compare=False, repr=False)

    fleets: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """Fleets that were read, by name."""

    over: dict[str, Document] = field(default_factory=dict, compare=False, repr=False)
    """What is set over pipelines, by name, and stands in no file."""

    unwritten: bool = field(default=False, compare=False)
    """Whether a file has another text here than on the disk, where Hydra would read it."""

    def changed(self, file: str, document: Document) -> Configuration:
        """Give the same project with another text of one file, `group/option`, which nobody wrote yet."""
        return replace(self, _documents={**self._documents, file: document}, fleets={}, unwritten=True)

    def overridden(self, name: str, over: Document) -> Configuration:
        """Give the same project with keys of one pipeline set over what its files say."""
        return replace(self, _documents={**self._documents, over.file: over}, over={name: over})

    @cached_property
    def conf(self) -> Path:
        """The folder that people edit."""
        return self.root / "conf"

    @cached_property
    def links(self) -> Links:
        """The symbolic links below `conf/`."""
        return Links(self.root)

    def document(self, file: str) -> Document | None:
        """Read `group/option` from the project, else from the library; None where neither has it."""
        if file not in self._documents:
            path = self.conf / f"{file}.yaml"
            if (refused := self.links.refused(f"conf/{file}.yaml")) is not None:
                self._documents[file] = Document(refused.position.file, "", None, (refused,))
            elif there(path):
                self._documents[file] = read(f"conf/{file}.yaml", path.read_bytes())
            else:
                self._documents[file] = _shipped(file)
        return self._documents[file]

    def releases(self) -> tuple[tuple[str, str], ...]:
        """List the release files by environment and pipeline, sorted, those that nobody wrote yet among them."""
        there = {(path.parent.name, path.stem) for path in (self.conf / "release").glob("*/*.yaml")}
        known = (file.split("/") for file, found in self._documents.items() if found is not None)
        return tuple(
            sorted(there | {(parts[1], parts[2]) for parts in known if parts[0] == "release" and len(parts) == 3})
        )

    def options(self, group: str) -> tuple[str, ...]:
        """List what may be chosen in a group, sorted."""
        found: set[str] = set()
        for folder in (self.conf / group, LIBRARY / group):
            if folder.is_dir():
                found |= {path.stem for path in folder.glob("*.yaml")}
        return tuple(sorted(found))

    @property
    def sources(self) -> dict[str, str]:
        """The text of every file read so far, by the name that findings give it."""
        return {document.file: document.text for document in self._documents.values() if document is not None}

    def __hash__(self) -> int:
        return hash(self.root)
