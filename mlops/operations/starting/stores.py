"""What DVC needs for the remotes of a repository, beyond what every repository needs: a lock for each kind of store."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mlops import __version__
from mlops.diagnostics import Diagnostic, Position
from mlops.errors import ConfigurationError
from mlops.extras import STORES
from mlops.operations.dvc.remote import FILE as CONFIG
from mlops.operations.dvc.remote import remotes
from mlops.operations.starting import lock
from mlops.operations.starting.pin import FILE, parse, versions


@dataclass(frozen=True)
class Unmet:
    """A remote on a store that the lock does not serve: its name, the store, and the distributions that are missing."""

    remote: str
    store: str
    lacks: tuple[str, ...]

    @property
    def message(self) -> str:
        """Say where, and what."""
        plugin = next(iter(STORES[self.store]))
        first = plugin if plugin in self.lacks else self.lacks[0]
        more = f" and {len(self.lacks) - 1} more" if len(self.lacks) > 1 else ""
        return f"{FILE} lacks {first}{more}: DVC reaches the remote `{self.remote}` of {CONFIG}, on {self.store}, by it"

    @property
    def hint(self) -> str:
        """Say what to type."""
        return f"commit {CONFIG}, then run mlops upgrade: it adds what is missing, and nothing else moves"


def store_of(url: str) -> str | None:
    """Name the store that a remote is on; None where DVC needs nothing more for it."""
    scheme = url.partition("://")[0]
    return scheme if scheme in STORES else None


def stores(root: Path, before: str) -> tuple[str, ...]:
    """Name the stores that a lock must serve: those of the remotes, and those that the lock `before` served.

    What is in the lock may serve a remote that only `.dvc/config.local` names, or a log that a monitor reads.
    """
    named = versions(before).keys()
    held = {store for store, plugin in STORES.items() if plugin.keys() <= named}
    return tuple(sorted(held | {store for url in remotes(root).values() if (store := store_of(url))}))


def unmet(root: Path, text: str) -> tuple[Unmet, ...]:
    """Find remotes that what is locked does not serve, by what this release's own locks name."""
    named = versions(text).keys()
    found = ((name, store_of(url)) for name, url in sorted(remotes(root).items()))
    wanted = ((name, store, lock.needs(store) - named) for name, store in found if store is not None)
    return tuple(Unmet(name, store, tuple(sorted(lacks))) for name, store, lacks in wanted if lacks)


def unlocked(root: Path) -> list[Diagnostic]:
    """Find the same as `unmet` in a repository that is pinned to this release, each at its place in `.dvc/config`.

    A pin that is gone or cannot be read, or of another release, is for others to tell.
    """
    try:
        requirements = parse((root / FILE).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ConfigurationError):
        return []
    if requirements.pin.version != __version__:
        return []
    return [
        Diagnostic(Position(CONFIG, _line(root, item.remote)), item.message, item.hint, "remote-unlocked")
        for item in unmet(root, requirements.lock)
    ]


def _line(root: Path, name: str) -> int:
    """Find where a remote is declared, counted from 1."""
    lines = (root / CONFIG).read_text(encoding="utf-8").split("\n")
    return next((at for at, line in enumerate(lines, 1) if line.strip().strip("[']") == f'remote "{name}"'), 1)
