"""The data of a change, brought by its digests from the judge's own remote; DVC is not asked to lay anything out.

`dvc pull` writes wherever a list of files in the remote says, out of its folder too, and whoever may push to the remote
writes that list. So objects are read by their names here, held against them, and laid out where the change may.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mlops.errors import ConfigurationError, InfrastructureError, IntegrityError
from mlops.files.dvc_cache import parse_list, placed
from mlops.files.plain_yaml import parse
from mlops.files.relative import trouble
from mlops.operations.dvc.lock import LockedStage, md5_file, md5_tree, read_lock
from mlops.operations.dvc.remote import answering, remote
from mlops.operations.git import changed_between, commit_of, git, has_commit
from mlops.operations.judging.opponent import Run
from mlops.operations.judging.other_rows import makes_otherwise
from mlops.operations.judging.tables import TABLES
from mlops.operations.planning.relied import framework_of
from mlops.operations.project import open_project

Bring = Callable[[str, Path], bool]
"""Bring an object by its name into a file; False where it is not there."""
_LATER = ("artifacts/bundle", "artifacts/evaluation")
"""What of a recorded run is judged, or claimed, beside its data."""


def fetch_data(root: Path, change: Path, names: tuple[str, ...], bring: Bring | None = None) -> tuple[str, ...]:
    """Bring the data of pipelines, and the bundles that their locks record; give what the remote lacks.

    Raises:
        ConfigurationError: a `.dvc` file leads out of the folder of its pipeline; nothing was brought.
        InfrastructureError: the remote does not answer.
    """
    rows = _made_otherwise(root, change, names)
    wanted = {path: digest for name in names for path, digest in _wanted(change, name, rows.get(name, ()))}
    absent = {path: digest for path, digest in wanted.items() if md5_tree(change / path) != digest}
    if not absent:
        return ()
    if bring is not None:
        return tuple(_missing(change, absent, bring))
    if not remote(root):
        return tuple(absent)
    with _remote_of(root) as there:
        return tuple(_missing(change, absent, there))


def _missing(change: Path, wanted: Mapping[str, str], bring: Bring) -> Iterator[str]:
    for path, digest in wanted.items():
        with tempfile.TemporaryDirectory(prefix="mlops-data-") as folder:
            if not _brought(bring, digest, Path(folder) / "it", path):
                yield path
                continue
            place = change / path
            _clear(place)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(Path(folder) / "it", place)


def _brought(bring: Bring, digest: str, place: Path, path: str) -> bool:
    """Bring a file or a folder; False where not all of it is there, or what is there is something else."""
    if not digest.endswith(".dir"):
        return bring(digest, place) and md5_file(place) == digest
    listed = place.with_name("list")
    if not bring(digest, listed) or md5_file(listed) != digest.removesuffix(".dir"):
        return False
    files = parse_list(listed.read_bytes())
    if outside := next((inner for inner in files if trouble(inner)), None):
        raise IntegrityError(
            f"{path}: the remote lists a file {outside[:100]!r}, which is none of the folder's",
            hint="somebody wrote that list by hand: `dvc add` the folder again",
        )
    place.mkdir()
    for inner, name in files.items():
        (place / inner).parent.mkdir(parents=True, exist_ok=True)
        if placed(Path(), name) is None or not bring(name, place / inner) or md5_file(place / inner) != name:
            return False
    return md5_tree(place) == digest


def _made_otherwise(root: Path, change: Path, names: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Name the tables of pipelines that a change which moves the framework may make otherwise than what judges it."""
    try:
        base = commit_of(root, "HEAD")
    except ConfigurationError:  # nothing was committed there: who judges says so
        return {}
    if not has_commit(change, base):
        return {}
    _, project = open_project(root)
    if not framework_of(changed_between(change, base, "HEAD", ["."]), project.ci.install):
        return {}
    runs = (run for run in (Run.here(change, name) for name in names) if (run.place / "params.yaml").is_file())
    return {run.name: tuple(TABLES.values()) for run in runs if makes_otherwise(root, run.sections())}


def _wanted(change: Path, name: str, rows: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    folder = f"pipelines/{name}"
    refused: list[str] = []
    listed = git(change, "ls-files", "-z", "--", f"{folder}/*.dvc").stdout.decode(errors="surrogateescape").split("\0")
    for file in filter(None, listed):
        yield from _outputs(change, file, folder, refused)
    if refused:
        raise ConfigurationError("\n".join(refused), hint=f"`dvc add` the data again, inside {folder}")
    locked: dict[str, LockedStage] = read_lock(change, folder)
    for stage in locked.values():
        yield from ((f"{folder}/{path}", stage.outputs[path]) for path in (*_LATER, *rows) if path in stage.outputs)


def _outputs(change: Path, file: str, folder: str, refused: list[str]) -> Iterator[tuple[str, str]]:
    """Read where a `.dvc` file says that data lies, and its name; all of it inside the pipeline's folder."""
    value = parse((change / file).read_bytes(), file)
    outputs = value.get("outs") if isinstance(value, dict) else None
    if not isinstance(outputs, list) or not all(isinstance(out, dict) for out in outputs):
        refused.append(f"{file} is no file of DVC's")
        return
    if value.get("wdir", ".") != ".":
        refused.append(f"{file} works in another folder: wdir: {str(value['wdir'])[:100]}")
    for out in outputs:
        path, digest = str(out.get("path")), str(out.get("md5"))
        place = f"{file.rpartition('/')[0]}/{path}"
        if said := trouble(path):
            refused.append(f"{file}: the path {path[:100]!r} {said}")
        elif placed(Path(), digest) is None:
            refused.append(f"{file}: {digest[:100]!r} is no name that DVC gives")
        elif not place.startswith(f"{folder}/") or _through_a_link(change, place):
            refused.append(f"{file}: the path {path[:100]!r} leads out of {folder}")
        else:
            yield place, digest


def _through_a_link(change: Path, path: str) -> bool:
    return (change / path).parent.resolve() != change.resolve() / Path(path).parent


def _clear(place: Path) -> None:
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)


@contextmanager
def _remote_of(root: Path) -> Iterator[Bring]:
    """Open the default remote of the judge's own repository."""
    from dvc.repo import Repo

    refused = "the DVC remote refuses"
    try:
        with answering(refused, "dvc doctor"), Repo(str(root)) as repo:
            odb: Any = repo.cloud.get_remote_odb(None, "judge", hash_name="md5")

            def bring(digest: str, place: Path) -> bool:
                there = odb.oid_to_path(digest)
                if placed(Path(), digest) is None or not odb.fs.exists(there):
                    return False
                with odb.fs.open(there, "rb") as source, place.open("wb") as target:
                    shutil.copyfileobj(source, target)
                return True

            yield bring
    except (ImportError, OSError) as error:  # the former where the driver of such a remote is not installed
        raise InfrastructureError(f"{refused}: {str(error).partition(chr(10))[0][:200]}", hint="dvc doctor") from error
