"""`mlops init`: a repository of somebody's own, all of it or nothing."""

from __future__ import annotations

import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from mlops.configuration.reach import SCHEME, is_address
from mlops.errors import InfrastructureError
from mlops.extras import STORES
from mlops.files.atomic import write_bytes, write_text
from mlops.operations.git import git
from mlops.operations.starting import lock
from mlops.operations.starting.contents import contents
from mlops.operations.starting.ground import look
from mlops.operations.starting.laying import lay, take_back
from mlops.operations.starting.pin import Requirements, write
from mlops.operations.starting.settings import PLACEHOLDER, Settings
from mlops.operations.starting.stores import store_of
from mlops.operations.starting.wheel import Source, Wheel, find

_PLAIN = ("http", "https", "file")  # DVC reaches these by itself


@dataclass(frozen=True)
class Begun:
    """What was written, or would be; how to undo it; sentences for the person who asked."""

    files: tuple[str, ...]
    undo: str
    notes: tuple[str, ...]


def begin(folder: Path, settings: Settings, given: str | None, source: Source | None, *, dry: bool = False) -> Begun:
    """Make a repository in a folder that is empty or absent; with `dry`, say what would be written.

    `given` names the wheel; where it does not, `source` says where this program was installed from.

    Raises:
        ConfigurationError: the folder is in use, or no wheel can be named.
        IntegrityError: the wheel is not this program.
        InfrastructureError: something outside is missing, or the folder cannot be written.
    """
    versioned = look(folder)
    wheel = find(given, source)
    requirements = Requirements(wheel.pin, lock.shipped(stores=filter(None, [store_of(settings.remote)])))
    texts = contents(settings, write(requirements))

    def build(new: Path) -> None:
        for path, text in texts.items():
            write_text(new / path, text)
        if wheel.data is not None:
            write_bytes(new / wheel.pin.file, wheel.data)
        _compile(new)
        if not versioned:
            _version(new)

    if dry:
        with TemporaryDirectory() as elsewhere:
            return Begun(lay(Path(elsewhere) / "new", build), "", ())
    take_back(folder)
    alone = not folder.exists() or not any(folder.iterdir())
    files = lay(folder, build)
    entries = sorted({path.split("/", 1)[0] for path in files} | (set() if versioned else {".git"}))
    place = shlex.quote(str(folder))
    undo = f"rm -r {place}" if alone else f"cd {place} && rm -r {' '.join(entries)}"
    return Begun(files, undo, tuple(_notes(settings, wheel, requirements)))


def _compile(root: Path) -> None:
    """Write what the YAML compiles to, and the schemas that editors check it by."""
    from mlops.operations.compiling.compile import compile_files
    from mlops.operations.language.schema import write_files
    from mlops.operations.workspace import open_workspace

    compile_files(open_workspace(root))
    write_files(root)
    shutil.rmtree(root / ".mlops", ignore_errors=True)  # what the compiler remembers of a folder that is about to move


def _version(root: Path) -> None:
    done = git(root, "-c", "init.defaultBranch=main", "init", "--quiet")
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise InfrastructureError(
            f"git init failed: {said[-1] if said else done.returncode}", hint="git init says more"
        )


def _notes(settings: Settings, wheel: Wheel, requirements: Requirements) -> list[str]:
    notes = []
    if settings.owner == PLACEHOLDER:
        notes.append("`@me` in conf/policy.yaml is a placeholder: name who reviews the policy")
    if not settings.remote:
        notes.append("no --remote: data and models stay on this machine, and CI makes again what it needs")
    elif not is_address(settings.remote):
        notes.append(f"{settings.remote} is a path: other machines, CI among them, make again what it holds")
    if settings.ci == "github" and not settings.shared:
        notes.append("only the pull-request workflow: releases and monitors need a --remote and a --tracking server")
    scheme = settings.remote.partition("://")[0]
    if SCHEME.match(settings.remote) and scheme not in {*STORES, *_PLAIN}:
        notes.append(f"DVC needs a plugin for {scheme}://, which no lock of mlops holds; {', '.join(STORES)} have one")
    if wheel.pin.file:
        notes.append(f"{wheel.pin.file} is committed: pip installs from it, by its hash")
    if differing := lock.elsewhere(requirements.lock):
        shown = f"{differing[0]}{f' and {len(differing) - 1} more' if len(differing) > 1 else ''}"
        notes.append(f"this environment is not the locked one ({shown}): install it as README.md says")
    return notes
