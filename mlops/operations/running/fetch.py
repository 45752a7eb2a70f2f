"""What is recorded of pipelines and is not here, brought by the names that `.dvc` files and locks give it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from mlops.errors import IntegrityError
from mlops.operations.dvc.lock import md5_tree, read_lock
from mlops.operations.dvc.objects import Bring, OtherBytes, kept, lay_out
from mlops.operations.dvc.tracked_data import through_a_link, tracked_data
from mlops.operations.workspace import Workspace


@dataclass(frozen=True)
class Fetched:
    """How many files and folders were brought, and the paths of the others."""

    brought: int = 0
    absent: tuple[str, ...] = ()
    """Neither the cache nor the remote has all of it."""
    other: tuple[str, ...] = ()
    """Something else lies there, which stays."""


def fetch(workspace: Workspace) -> Fetched:
    """Bring the data of the pipelines that were loaded, and what their last runs wrote.

    Nothing that lies here is replaced.

    Raises:
        ConfigurationError: a `.dvc` file leads out of the folder of its pipeline.
        InfrastructureError: the remote does not answer; what it was not asked for was brought.
        IntegrityError: an object is another one than its name says, or a list of files leads out of its folder; all
            others were brought.
    """
    root, found = workspace.root, Fetched()
    scratch = root / ".mlops" / "fetched"  # on the disk of what is brought
    scratch.mkdir(parents=True, exist_ok=True)
    wanted = {path: digest for name in workspace.pipelines for path, digest in _of(workspace, name)}
    wrong: list[IntegrityError] = []
    with kept(root, fill=True) as bring:
        for path, digest in wanted.items():
            if (here := md5_tree(root / path)) is not None:
                found = found if here == digest else replace(found, other=(*found.other, path))
                continue
            try:
                there = _brought(root, path, digest, bring, scratch)
            except IntegrityError as error:
                wrong.append(error)
                continue
            found = replace(found, brought=found.brought + there, absent=(*found.absent, *(() if there else (path,))))
    if wrong:
        raise IntegrityError("\n".join(error.message for error in wrong), hint=_hint(wrong))
    return found


def _brought(root: Path, path: str, digest: str, bring: Bring, scratch: Path) -> bool:
    if through_a_link(root, path):
        raise IntegrityError(f"{path} leads out of its folder, through a link", hint="remove the link")
    return lay_out(bring, digest, root / path, path, scratch)


def _of(workspace: Workspace, name: str) -> Iterator[tuple[str, str]]:
    """Name what Git does not hold of a pipeline: its data, and those outputs of its stages."""
    folder = f"pipelines/{name}"
    yield from tracked_data(workspace.root, name).items()
    stages = workspace.pipeline(name).stages
    ours = {output.path for stage in stages for output in stage.outputs if not output.committed}
    for stage in read_lock(workspace.root, folder).values():
        yield from ((f"{folder}/{path}", digest) for path, digest in stage.outputs.items() if path in ours)


def _hint(wrong: list[IntegrityError]) -> str:
    told = next((error.hint for error in wrong if not isinstance(error, OtherBytes)), "")
    return told or "mlops run NAME moves a bad object of the cache aside, mlops repair NAME --remote one of the remote"
