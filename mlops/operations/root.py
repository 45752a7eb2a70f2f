"""The repository that a command was called in."""

from __future__ import annotations

from pathlib import Path

from mlops.errors import ConfigurationError


def find_root(start: Path) -> Path:
    """Find the repository: the nearest folder upwards with `conf/project.yaml`.

    Raises:
        ConfigurationError: there is none.
    """
    if (found := search_root(start)) is not None:
        return found
    odd = next((file for folder in (start, *start.parents) if (file := folder / "conf/project.yaml").exists()), None)
    if odd is not None:
        raise ConfigurationError(f"{odd} is no file", hint="put the file itself there")
    hint = "change to the folder of the repository, or begin one: mlops init"
    raise ConfigurationError(f"{start}: no `conf/project.yaml` here or above", hint=hint)


def search_root(start: Path) -> Path | None:
    """Find the repository if there is one: not everything needs one."""
    for folder in (start, *start.parents):
        if (folder / "conf" / "project.yaml").is_file():
            return folder
    return None
