"""What `mlops init` is told, checked: everything that the new repository's files are made of."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from mlops.configuration.reach import SCHEME, is_address, is_server
from mlops.errors import ConfigurationError
from mlops.files.relative import NAME

PLACEHOLDER = "@me"
_OWNER = re.compile(r"@[A-Za-z0-9][A-Za-z0-9_.-]*(/[A-Za-z0-9_.-]+)?")


@dataclass(frozen=True)
class Settings:
    """Who the repository is, who owns its policy, who judges it, and where it keeps what Git does not.

    `remote` and `tracking` are empty where nothing was said: then nothing leaves a machine.
    """

    name: str
    owner: str = PLACEHOLDER
    ci: str = "github"
    remote: str = ""
    tracking: str = ""

    @property
    def shared(self) -> bool:
        """Whether another machine reaches both what DVC keeps and the registry."""
        return is_address(self.remote) and is_server(self.tracking)


def settle(
    folder: Path, name: str | None, owner: str | None, ci: str, remote: str | None, tracking: str | None
) -> Settings:
    """Check what was given, and choose what was not.

    Raises:
        ConfigurationError: with what cannot be, and what could.
    """
    return Settings(_name(folder, name), _owner(owner), ci, _remote(remote), _tracking(tracking))


def _name(folder: Path, name: str | None) -> str:
    chosen = name if name is not None else re.sub(r"[^a-z0-9_-]+", "-", folder.name.lower()).strip("-_")[:64]
    if not NAME.fullmatch(chosen):
        said = f"{name[:80]!r}" if name is not None else f"the folder's name, {folder.name[:80]!r},"
        hint = "give --name: small letters, digits, `-` and `_`, at most 64, the first a letter or a digit"
        raise ConfigurationError(f"{said} cannot name a repository", hint=hint)
    return chosen


def _owner(owner: str | None) -> str:
    if owner is not None and not _OWNER.fullmatch(owner):
        raise ConfigurationError(
            f"{owner[:80]!r} cannot own anything", hint="--owner is a user or a team: @someone or @organisation/team"
        )
    return owner or PLACEHOLDER


def _remote(remote: str | None) -> str:
    if remote is None:
        return ""
    _plain(remote, "--remote")
    return remote if SCHEME.match(remote) else str(Path(remote).absolute())


def _tracking(tracking: str | None) -> str:
    if tracking is None:
        return ""
    _plain(tracking, "--tracking")
    if not is_server(tracking) and not tracking.startswith("sqlite:///"):
        hint = "an MLflow server, as https://HOST, or an SQLite file, as sqlite:///.mlops/mlflow.db"
        raise ConfigurationError(f"--tracking {tracking[:200]}: not a place that MLflow records in", hint=hint)
    return tracking


def _plain(place: str, option: str) -> None:
    """Refuse what every reader of the repository would learn, and what no reader could see."""
    if not place or not place.isprintable() or "${" in place or place != place.strip():
        raise ConfigurationError(f"{option} {place[:80]!r} is no address and no path", hint="write it as one word")
    if "@" in (urlsplit(place).netloc if SCHEME.match(place) else ""):
        raise ConfigurationError(
            f"{option}: an address with a user or a password in it would be committed",
            hint="leave it out; credentials come from the environment, or from .dvc/config.local",
        )
