"""Objects of DVC's by their names, from its cache or the remote, and laid out where they were asked for.

`dvc pull` and `dvc get` write wherever a list of files in the remote says, out of its folder too, and whoever may push
to the remote writes that list; they compare nothing that they bring. So objects are read by their names here, held
against them, and DVC is not asked to lay anything out.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

from mlops.errors import InfrastructureError, IntegrityError
from mlops.files.dvc_cache import objects, parse_list, placed
from mlops.files.relative import trouble
from mlops.operations.dvc.lock import md5_file, md5_tree
from mlops.operations.dvc.remote import answering, remote

Bring = Callable[[str, Path], bool]
"""Bring an object by its name into a file; False where it is not there."""
_AT_ONCE = 8  # files of a folder: a remote answers each after a while


class OtherBytes(IntegrityError):
    """An object is another one than its name says."""


def lay_out(bring: Bring, digest: str, place: Path, shown: str, scratch: Path | None = None) -> bool:
    """Bring a file or a folder to its place, and replace what lies there; False where not all of it is to be had.

    `shown` is its path, for who reads what is wrong with it; it is made in `scratch`, or where the system makes what
    does not last, and put into its place whole.

    Raises:
        OtherBytes: an object is another one than its name says.
        IntegrityError: the list of its files leads out of the folder.
    """
    with tempfile.TemporaryDirectory(prefix="mlops-data-", dir=scratch) as folder:
        made = Path(folder) / "it"
        if not (_folder if digest.endswith(".dir") else _file)(bring, digest, made, shown):
            return False
        _clear(place)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(made, place)
    return True


@contextmanager
def kept(root: Path, put: Callable[[Path, Path], Any] = shutil.copyfile, *, fill: bool = False) -> Iterator[Bring]:
    """Open what a repository's own cache and its default remote keep; `put` lays out what the cache has.

    The remote is asked for nothing that the cache has, and opened for the first that it has not. What a cache or a
    remote gives is not compared: `lay_out` does that. With `fill` the cache has what the remote gave, if that is what
    its name says and DVC may lay it out: a stage whose outputs are not there is one that DVC runs again.

    Raises:
        InfrastructureError: the remote does not answer.
    """
    cache, opening = objects(root), Lock()
    with ExitStack() as stack:
        far: list[Any] = []

        def bring(digest: str, place: Path) -> bool:
            source = placed(cache, digest)
            if source is not None and source.is_file():
                put(source, place)
                return True
            if not remote(root):
                return False
            with opening:
                if not far:
                    far.append(stack.enter_context(opened(root)))
            if not _from_remote(far[0], digest, place):
                return False
            if fill and source is not None and _sound(digest, place):
                _keep(place, source)
            return True

        yield bring


@contextmanager
def opened(root: Path) -> Iterator[Any]:
    """Open the objects that the default remote keeps by their names, as DVC reaches them.

    Raises:
        InfrastructureError: it does not answer, or what reaches such a remote is not installed.
    """
    from dvc.repo import Repo

    refused = "the DVC remote refuses"
    try:
        with answering(refused, "dvc doctor"), Repo(str(root)) as repo:
            yield repo.cloud.get_remote_odb(None, "mlops", hash_name="md5")
    except (ImportError, OSError) as error:
        raise InfrastructureError(f"{refused}: {str(error).partition(chr(10))[0][:200]}", hint="dvc doctor") from error


def _sound(digest: str, place: Path) -> bool:
    folder = digest.endswith(".dir")
    return md5_file(place) == digest.removesuffix(".dir") and not (
        folder and any(map(trouble, parse_list(place.read_bytes())))
    )


def _keep(place: Path, target: Path) -> None:
    """Give the cache an object whole, which nobody may write to, as DVC does."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="mlops-", dir=target.parent) as folder:
        made = Path(folder) / target.name
        shutil.copyfile(place, made)
        made.chmod(0o444)
        made.replace(target)


def _from_remote(there: Any, digest: str, place: Path) -> bool:
    if placed(Path(), digest) is None or not there.fs.exists(source := there.oid_to_path(digest)):
        return False
    with there.fs.open(source, "rb") as read, place.open("wb") as written:
        shutil.copyfileobj(read, written)
    return True


def _file(bring: Bring, digest: str, place: Path, shown: str) -> bool:
    if placed(Path(), digest) is None or not bring(digest, place):
        return False
    if md5_file(place) != digest.removesuffix(".dir"):
        raise OtherBytes(f"{shown}: the object {digest} that DVC keeps has other bytes than its name says", hint="")
    return True


def _folder(bring: Bring, digest: str, place: Path, shown: str) -> bool:
    """Bring the list of its files, and these."""
    listed = place.with_name("list")
    if not _file(bring, digest, listed, shown):
        return False
    files = parse_list(listed.read_bytes())
    if outside := next((inner for inner in files if trouble(inner)), None):
        raise IntegrityError(
            f"{shown}: the remote lists a file {outside[:100]!r}, which is none of the folder's",
            hint="somebody wrote that list by hand: `dvc add` the folder again",
        )
    place.mkdir()
    for inner in files:
        (place / inner).parent.mkdir(parents=True, exist_ok=True)
    one = partial(_one, bring, place, shown)
    with ThreadPoolExecutor(_AT_ONCE) as together:
        if not all(together.map(one, files.items())):
            return False
    return md5_tree(place) == digest


def _one(bring: Bring, folder: Path, shown: str, file: tuple[str, str]) -> bool:
    inner, digest = file
    return not digest.endswith(".dir") and _file(bring, digest, folder / inner, f"{shown}/{inner}")


def _clear(place: Path) -> None:
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)
