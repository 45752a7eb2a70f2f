"""Links that DVC makes into its own cache (`cache.type: symlink`, as on a server whose users share one cache).

Whoever opens a pull request may commit a link, and `.dvc/config`, which says where the cache is. So a link counts as a
file of its folder only where it can be nothing but what DVC put there: in one step, over no other link, it leads to a
plain file `<cache>/files/md5/xx/...`, and its name there is the digest that a `.dvc` file or a `dvc.lock` of the
repository records for this very path. `own_bytes` holds the content against that name, for who reads it.
"""

from __future__ import annotations

import configparser
import hashlib
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mlops.errors import IntegrityError

_DIGEST = re.compile(r"[0-9a-f]{32}")
_FOLDER = re.compile(r"[0-9a-f]{32}\.dir")
_LARGEST = 1 << 28  # bytes of a list of files


def cache_folder(root: Path) -> Path:
    """Say where DVC keeps files of this repository; its own setting goes before the user's, as in DVC.

    What cannot be read counts as not written: DVC itself says what is wrong with it.
    """
    found = root / ".dvc" / "cache"
    for folder in (*_shared_settings(), root / ".dvc"):
        for name in ("config", "config.local"):
            parser = configparser.ConfigParser(interpolation=None, strict=False)
            try:
                parser.read(folder / name, encoding="utf-8")
            except (configparser.Error, OSError, UnicodeDecodeError):
                continue
            written = parser.get("cache", "dir", fallback="").strip().strip("\"'")
            if written and "\0" not in written:
                found = folder / os.path.expanduser(written)  # noqa: PTH111 - a `~name` of nobody is no error
    return found


def objects(root: Path) -> Path:
    """Say where the cache has the files themselves."""
    return cache_folder(root) / "files" / "md5"


def linked(path: Path) -> Path | None:
    """Give the file of DVC's cache that a link of DVC's stands for; None where `path` is anything else."""
    root = _root(path)
    if root is None or not path.is_symlink():
        return None
    target = path.parent / path.readlink()
    digest = target.parent.name + target.name
    if not _DIGEST.fullmatch(digest):
        return None
    expected = f"{os.path.realpath(objects(root))}/{digest[:2]}/{digest[2:]}"
    # `realpath` follows every link there is: where they agree, there is none behind the first
    if os.path.realpath(path) != expected or not Path(expected).is_file():
        return None
    return Path(expected) if digest in _recorded(root, path) else None


def own_bytes(path: Path) -> None:
    """Hold what a link of DVC's leads to against the digest it is named by.

    Raises:
        IntegrityError: it was changed in the cache, where DVC would not notice.
    """
    target = linked(path)
    if target is None:
        return
    with target.open("rb") as file:
        found = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    if found != target.parent.name + target.name:
        raise IntegrityError(
            f"{path.name} was changed in DVC's cache: its MD5 is {found} but must be {target.parent.name}{target.name}",
            hint=f"rm {target} && dvc pull, or `dvc add` the right file again",
        )


def _shared_settings() -> tuple[Path, Path]:
    system = os.environ.get("DVC_SYSTEM_CONFIG_DIR") or "/etc/xdg/dvc"
    own = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")  # noqa: PTH111 - as above
    return Path(system), Path(os.environ.get("DVC_GLOBAL_CONFIG_DIR") or f"{own}/dvc")


def _root(path: Path) -> Path | None:
    """Find the repository of DVC's that a path is in, as DVC does, where no link is on the way from there."""
    found = next((folder for folder in path.absolute().parents if (folder / ".dvc").is_dir()), None)
    if found is None:
        return None
    home = os.path.realpath(found)
    whole = os.path.join(home, path.absolute().parent.relative_to(found))  # noqa: PTH118 - no trailing slash to lose
    return found if os.path.realpath(path.parent) == os.path.normpath(whole) else None


def _recorded(root: Path, path: Path) -> set[str]:
    """Collect the digests that `.dvc` files and `dvc.lock` files on the way up to the root record for a path."""
    found: set[str] = set()
    place = path.absolute()
    for folder in (place.parent, *place.parent.parents):
        inside = place.relative_to(folder).as_posix()
        for out, digest in _outputs(folder, inside.split("/", maxsplit=1)[0]):
            if out == inside:
                found.add(digest)
            elif inside.startswith(f"{out}/") and _FOLDER.fullmatch(digest):
                found.add(listed(objects(root), digest).get(inside.removeprefix(f"{out}/"), ""))
        if folder == root:
            break
    return found


def _outputs(folder: Path, first: str) -> Iterator[tuple[str, str]]:
    """Give the outputs that a folder records, by path from there."""
    tracked, lock = _parsed(folder / f"{first}.dvc"), _parsed(folder / "dvc.lock")
    stages = lock.get("stages")
    for stage in (tracked, *(stages.values() if isinstance(stages, dict) else ())):
        outputs = stage.get("outs") if isinstance(stage, dict) else None
        for out in outputs if isinstance(outputs, list) else ():
            if isinstance(out, dict) and isinstance(out.get("path"), str) and isinstance(out.get("md5"), str):
                yield out["path"], out["md5"]


def _parsed(path: Path) -> dict[str, Any]:
    from mlops.files.plain_yaml import parse

    if path.is_symlink() or not path.is_file():
        return {}
    try:
        value = parse(path.read_bytes(), path.name)
    except IntegrityError:
        return {}
    return value if isinstance(value, dict) else {}


def placed(kept: Path, digest: str) -> Path | None:
    """Place an object by its name; None where that is no name of DVC's, which may lead anywhere."""
    named = _DIGEST.fullmatch(digest) or _FOLDER.fullmatch(digest)
    return kept / digest[:2] / digest[2:] if named else None


def listed(kept: Path, digest: str) -> dict[str, str]:
    """Read the list of a folder's files, if it is the one that the digest names: {path: MD5}."""
    path = placed(kept, digest)
    if path is None or path.is_symlink() or not path.is_file() or path.stat().st_size > _LARGEST:
        return {}
    data = path.read_bytes()
    if hashlib.md5(data, usedforsecurity=False).hexdigest() != digest.removesuffix(".dir"):
        return {}
    return parse_list(data)


def parse_list(data: bytes) -> dict[str, str]:
    """Read what DVC writes of a folder's files: {path: MD5}; nothing of what is no such list."""
    try:
        return {str(entry["relpath"]): str(entry["md5"]) for entry in json.loads(data)}
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}
