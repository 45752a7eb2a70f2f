"""`mlops gc`: objects of DVC's that nothing names any more.

DVC's own `gc --workspace` goes by the work tree alone, where the live bundle of last month is not. Here an object stays
that a lock or a `.dvc` file names: of any branch or tag, of `origin` too where the remote is swept, of the work tree,
or of the run that made a bundle which a release needs. What cannot be read keeps everything, and only what was looked
at goes: an object that comes meanwhile may be of a run that has just ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from mlops.errors import InfrastructureError, IntegrityError, StaleError
from mlops.files.plain_yaml import parse
from mlops.operations.dvc.remote import answering
from mlops.operations.git import git
from mlops.operations.live.bundles import recorded_at
from mlops.operations.live.window import Held, held, main_lines
from mlops.operations.project import open_project
from mlops.operations.swept import Swept

_NAMED = ("dvc.lock", ".dvc")


@dataclass(frozen=True)
class Collected:
    """What releases keep, and what of each place is named by nothing; it is gone unless `dry`."""

    held: tuple[Held, ...]
    swept: tuple[Swept, ...]
    dry: bool


def collect(root: Path, now: datetime, *, dry: bool = False, remote: bool = False) -> Collected:
    """Delete from DVC's cache, and with `remote` from its default remote too, what nothing names any more.

    Raises:
        InfrastructureError: history was not fetched, DVC or its remote does not answer or may only be read, or the
            cache is no part of the repository: what others keep there is named elsewhere.
        IntegrityError: a lock, or a list of a folder's files, cannot be read.
        StaleError: a release needs a bundle whose run no commit records, so what it is made of is not known.
    """
    _, project = open_project(root)
    kept = held(root, project, now)
    theirs = _of_remote(root) if remote else ()
    from dvc.repo import Repo

    with answering("DVC or its remote refuses", "dvc doctor"), Repo(str(root)) as repo, repo.lock:
        _refuse_shared(root, repo.cache.local.path)
        named = _named(root, (*_references(root), *theirs), main_lines(root, project), kept)
        used = named | set(_inside(repo, named))
        places = [("the cache", repo.cache.local)]
        if remote:
            places.append(("the remote", repo.cloud.get_remote_odb(None, "gc", hash_name="md5")))
        looked = [_look(place, odb, used) for place, odb in places]
        swept = tuple(item for item, _ in looked)
        if not dry:
            for (place, odb), (_, unused) in zip(places, looked, strict=True):
                _delete(place, odb, unused)
    return Collected(kept, swept, dry)


def _named(root: Path, tips: Iterable[str], lines: tuple[str, ...], kept: Iterable[Held]) -> set[str]:
    """Collect the digests that anything names: tips of references, the work tree, runs whose bundles are needed."""
    found = set(_of_work_tree(root))
    blobs: dict[str, str] = {}
    for commit in dict.fromkeys(tips):
        blobs |= _files(root, commit)
    for item in kept:
        blobs |= _files(root, _recording(root, lines, item), f"pipelines/{item.name}")
    for blob, shown in sorted(blobs.items()):
        done = git(root, "cat-file", "blob", blob)
        if done.returncode:
            raise InfrastructureError(f"git does not have {shown}", hint="git fetch")
        found |= set(_digests(done.stdout, shown))
    return found


def _recording(root: Path, lines: tuple[str, ...], item: Held) -> str:
    for line in lines:
        if (commit := recorded_at(root, item.name, item.bundle, line)) is not None:
            return commit
    raise StaleError(
        f"{item.environment} needs {item.bundle[:19]}… of {item.name}, and no commit records the run that made it: "
        "what it is made of cannot be told from what nobody needs",
        hint=f"commit the pipelines/{item.name}/dvc.lock and reports of its run; or keep fewer: `keep:` of the project",
    )


def _references(root: Path) -> list[str]:
    """List what every branch, tag and stash of this clone points to, and what is checked out."""
    done = git(root, "for-each-ref", "--format=%(objecttype) %(objectname) %(*objecttype) %(*objectname)")
    head = git(root, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    if done.returncode:
        raise InfrastructureError("git cannot list its branches", hint="git for-each-ref")
    words = [line.split() for line in done.stdout.decode().splitlines()]
    found = [name for line in words for kind, name in zip(line[::2], line[1::2], strict=False) if kind == "commit"]
    return list(dict.fromkeys([*found, *head.stdout.decode().split()]))


def _files(root: Path, commit: str, folder: str = "") -> dict[str, str]:
    """List the locks and `.dvc` files of a commit: where each stands, by its blob."""
    done = git(root, "ls-tree", "-r", "-z", "--full-tree", commit, *(("--", folder) if folder else ()))
    if done.returncode:
        raise InfrastructureError(f"git cannot list the files of {commit[:8]}", hint="git fetch")
    found: dict[str, str] = {}
    for entry in done.stdout.decode(errors="surrogateescape").split("\0"):
        about, _, path = entry.partition("\t")
        if path.endswith(_NAMED) and about.split()[1] == "blob":
            found[about.split()[2]] = f"{path} of {commit[:8]}"
    return found


def _of_work_tree(root: Path) -> Iterator[str]:
    done = git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    if done.returncode:
        raise InfrastructureError("git cannot list the work tree", hint="git status")
    for path in done.stdout.decode(errors="surrogateescape").split("\0"):
        if path.endswith(_NAMED) and (root / path).is_file():
            yield from _digests((root / path).read_bytes(), path)


def _digests(data: bytes, shown: str) -> Iterator[str]:
    """Give the MD5 of everything that a lock or a `.dvc` file names; raises IntegrityError where it is neither."""
    value = parse(data, shown)
    if not isinstance(value, dict):
        raise IntegrityError(f"{shown} is damaged", hint="repair it, or delete its branch: nothing was deleted")
    yield from _md5s(value)


def _md5s(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(named := value.get("md5"), str):
            yield named
        for item in value.values():
            yield from _md5s(item)
    elif isinstance(value, list):
        for item in value:
            yield from _md5s(item)


def _inside(repo: Any, named: Iterable[str]) -> Iterator[str]:
    """Give the files of the folders that are named; a list that is in no place lists nothing that can be had."""
    from dvc_data.hashfile.hash_info import HashInfo
    from dvc_data.hashfile.tree import Tree
    from dvc_objects.errors import ObjectFormatError

    for digest in sorted(name for name in named if name.endswith(".dir")):
        for odb in _odbs(repo):
            if odb.exists(digest):
                try:
                    tree = Tree.load(odb, HashInfo("md5", digest))
                except ObjectFormatError as error:
                    raise IntegrityError(f"the list {digest} is damaged", hint="delete it, then dvc pull") from error
                yield from (item.value for _, _, item in tree)
                break


def _odbs(repo: Any) -> Iterator[Any]:
    yield repo.cache.local
    if repo.config["core"].get("remote"):
        yield repo.cloud.get_remote_odb(None, "gc", hash_name="md5")


def _look(place: str, odb: Any, used: set[str]) -> tuple[Swept, list[str]]:
    """Divide the objects of a place into those that are named and those that are not."""
    sizes: dict[str, int] = {}
    kept = 0
    for oid in odb.all():
        if oid in used:
            kept += 1
        else:
            sizes[oid] = int(odb.fs.size(odb.oid_to_path(oid)) or 0)
    return Swept(place, kept, len(sizes), sum(sizes.values())), sorted(sizes)


def _delete(place: str, odb: Any, unused: list[str]) -> None:
    """Delete what was looked at, lists of folders first; DVC's own `gc` would list again and take what came since."""
    if not unused:
        return
    if odb.read_only:
        raise InfrastructureError(f"{place} may only be read", hint="dvc config")
    from dvc_data.hashfile.db import get_index

    for listed in (True, False):
        if paths := [odb.oid_to_path(oid) for oid in unused if oid.endswith(".dir") is listed]:
            odb.fs.remove(paths)
    get_index(odb).clear()


def _refuse_shared(root: Path, cache: str) -> None:
    """Refuse a cache that lies outside of the repository: other clones keep there what nothing here names."""
    if not Path(cache).resolve().is_relative_to(root.resolve()):
        raise InfrastructureError(
            f"DVC's cache is {cache}, outside of this repository: what others keep there is not known here",
            hint="dvc gc --all-commits --projects FOLDER, for every repository that uses it",
        )


def _of_remote(root: Path) -> tuple[str, ...]:
    """List what branches and tags of the remote repository point to, which its DVC remote is there for.

    Raises:
        InfrastructureError: it does not answer, or something of it was never fetched.
    """
    done = git(root, "ls-remote", "--heads", "--tags", "--refs", "origin")
    if done.returncode:
        raise InfrastructureError("the remote repository does not say which branches there are", hint="git ls-remote")
    listed = [line.partition("\t")[::2] for line in done.stdout.decode(errors="surrogateescape").splitlines()]
    asked = "".join(f"{name}^{{}}\n" for name, _ in listed).encode()
    answer = git(root, "cat-file", "--batch-check=%(objecttype) %(objectname)", given=asked).stdout.decode()
    found: list[str] = []
    for (_, reference), said in zip(listed, answer.splitlines(), strict=True):
        kind, _, name = said.partition(" ")
        if said.endswith(" missing"):
            shown = reference.removeprefix("refs/heads/").removeprefix("refs/tags/")
            raise InfrastructureError(f"{shown} was not fetched", hint="git fetch --tags origin")
        found += [name] if kind == "commit" else []
    return tuple(found)
