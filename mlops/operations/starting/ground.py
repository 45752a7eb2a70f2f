"""Whether a folder can become a repository: what stands in it, and what Git says of it."""

from __future__ import annotations

from pathlib import Path

from mlops.errors import ConfigurationError, InfrastructureError
from mlops.operations.git import git
from mlops.operations.starting.laying import STAGE, leftover

_SHOWN = 5
_LICENCES = ("LICENSE", "LICENCE", "COPYING")


def look(folder: Path) -> bool:
    """Refuse ground that cannot be built on; say whether there is a Git repository already.

    Raises:
        ConfigurationError: the folder is in use, or inside something else.
        InfrastructureError: Git is not there, or will not work here.
    """
    if folder.exists() and not folder.is_dir():
        raise ConfigurationError(f"{folder} is not a folder", hint="name a folder, or one that is not there yet")
    there = _repository(folder)
    if folder.is_dir():
        _refuse_used(folder)
    return there


def _refuse_used(folder: Path) -> None:
    ours = {path.split("/", 1)[0] for path in leftover(folder)}
    found = sorted(entry for entry in folder.iterdir() if entry.name not in ours and not _harmless(entry))
    if found:
        names = [f"{entry.name}/" if entry.is_dir() else entry.name for entry in found]
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        hint = "name another folder, or move them away and back afterwards"
        if (folder / "conf/project.yaml").is_file():
            hint = "it is a repository already: change what its conf/ says, or name another folder"
        raise ConfigurationError(f"{folder} is in use: {', '.join(names[:_SHOWN])}{more}", hint=hint)


def _harmless(entry: Path) -> bool:
    """Whether an entry can stay: Git's own, a Python environment, a licence, what verbs left after an undone `init`."""
    if entry.name == ".mlops":
        return entry.is_dir() and all(kept.name == "cache" for kept in entry.iterdir())
    if entry.name in (".git", STAGE) or entry.stem.upper() in _LICENCES:
        return True
    return (entry / "pyvenv.cfg").is_file()


def _repository(folder: Path) -> bool:
    """Ask Git whether it has this folder."""
    place = next(path for path in (folder, *folder.parents) if path.is_dir())
    done = git(place, "rev-parse", "--is-bare-repository", "--is-inside-git-dir", "--is-shallow-repository")
    if done.returncode:
        said = done.stderr.decode(errors="replace")
        if "not a git repository" in said:
            return False
        raise InfrastructureError(
            f"git cannot read {place}: {said.strip().splitlines()[0]}", hint="git status says more"
        )
    bare, inside, shallow = (word == b"true" for word in done.stdout.split())
    if bare or inside:
        hint = "clone it, and run mlops init in the clone"
        raise ConfigurationError(f"{place} is a bare Git repository: it has no files to work on", hint=hint)
    top = Path(git(place, "rev-parse", "--show-toplevel").stdout.decode(errors="surrogateescape").rstrip("\n"))
    if top.resolve() != folder.resolve():
        hint = "name a folder outside, or the top of a repository that is empty"
        raise ConfigurationError(f"{folder} is inside the Git repository {top}", hint=hint)
    if shallow:
        message = f"{folder} is a shallow clone: what changes are judged by is in the history that it lacks"
        raise ConfigurationError(message, hint="git fetch --unshallow")
    return True
