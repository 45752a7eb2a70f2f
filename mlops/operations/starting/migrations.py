"""What the language of the YAML changed to, by the release that reads the new form; users' comments and order stay.

A migration edits the text where a key stands, so that no other byte of the file moves. Both sides use the same: the
upgrade writes what these give, and the judge of its pull request takes a change of YAML only if these give it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from packaging.version import Version

from mlops.configuration.reading.document import Document, Path
from mlops.configuration.reading.parse import read
from mlops.errors import ConfigurationError


@dataclass(frozen=True)
class Migration:
    """A change of the files that `place` matches (`*` also matches `/`), for the first `version` that needs it.

    `change` gives the new text of a file, the same where there is nothing to do; `says` tells a reviewer what it did.
    """

    version: str
    place: str
    says: str
    change: Callable[[Document], str]


@dataclass(frozen=True)
class Migrated:
    """The new text of a file, and a sentence for each migration that changed it."""

    text: str
    says: tuple[str, ...]


MIGRATIONS: tuple[Migration, ...] = ()
"""Every release so far reads what the first one did. The order within a release is the order of this list."""


def migrate(
    files: Mapping[str, str], before: str, after: str, known: tuple[Migration, ...] = MIGRATIONS
) -> dict[str, Migrated]:
    """Bring files of one release to the form of a later one; those that change, by path.

    Raises:
        ConfigurationError: a file holds both the old form and the new.
    """
    due = sorted(
        (each for each in known if Version(before) < Version(each.version) <= Version(after)),
        key=lambda each: Version(each.version),
    )
    found: dict[str, Migrated] = {}
    for path, text in sorted(files.items()):
        new = text
        says: list[str] = []
        for each in due:
            if fnmatchcase(path, each.place) and (changed := each.change(read(path, new.encode()))) != new:
                new, says = changed, [*says, each.says]
        if new != text:
            found[path] = Migrated(new, tuple(says))
    return found


def renamed(path: Path, name: str) -> Callable[[Document], str]:
    """Give a change that calls a key by another name and touches nothing else."""

    def change(document: Document) -> str:
        parent = document.node(path[:-1])
        if parent is None or path[-1] not in parent.keys:
            return document.text
        position = document.where(path)
        if name in parent.keys:
            message = f"{position}: both `{path[-1]}` and `{name}`, which is its name now"
            raise ConfigurationError(message, hint="keep one of the two, commit, then run mlops upgrade again")
        lines = document.text.splitlines(keepends=True)
        start = position.column - 1
        line = lines[position.line - 1]
        lines[position.line - 1] = line[:start] + name + line[start + position.length :]
        return "".join(lines)

    return change
