"""Where the `.dvc` files of a pipeline say that its data lies, and by which names; all of it inside its folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mlops.errors import ConfigurationError
from mlops.files.dvc_cache import placed
from mlops.files.plain_yaml import parse
from mlops.files.relative import trouble
from mlops.operations.git import git


def tracked_data(root: Path, name: str) -> dict[str, str]:
    """Read the names of a pipeline's data by its paths from the repository's top.

    Raises:
        ConfigurationError: a `.dvc` file leads out of the folder of its pipeline, or is none.
    """
    folder = f"pipelines/{name}"
    refused: list[str] = []
    listed = git(root, "ls-files", "-z", "--", f"{folder}/*.dvc").stdout.decode(errors="surrogateescape").split("\0")
    found = dict(out for file in filter(None, listed) for out in _outputs(root, file, folder, refused))
    if refused:
        raise ConfigurationError("\n".join(refused), hint=f"`dvc add` the data again, inside {folder}")
    return found


def _outputs(root: Path, file: str, folder: str, refused: list[str]) -> Iterator[tuple[str, str]]:
    value = parse((root / file).read_bytes(), file)
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
        elif not place.startswith(f"{folder}/") or through_a_link(root, place):
            refused.append(f"{file}: the path {path[:100]!r} leads out of {folder}")
        else:
            yield place, digest


def through_a_link(root: Path, path: str) -> bool:
    """Whether a link leads from the repository's top to the folder of a path, so that it lies elsewhere."""
    return (root / path).parent.resolve() != root.resolve() / Path(path).parent
