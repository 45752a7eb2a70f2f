"""What is left of a pipeline whose YAML is gone: data and models, which Git must go on not seeing."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

IGNORED = "pipelines/*/.gitignore"
_COMPILED = {".gitignore", "dvc.yaml", "params.yaml"}


@dataclass(frozen=True)
class Left:
    """A folder that no YAML asks for any more, and what lies in it; a compile removes what it wrote there itself."""

    folder: str
    entries: tuple[str, ...]

    @property
    def hint(self) -> str:
        """What to type once nothing of it is needed."""
        return f"git rm -rq --ignore-unmatch {self.folder} && rm -rf {self.folder}"


def left(root: Path, marked: Collection[str], names: Collection[str]) -> tuple[Left, ...]:
    """List the folders of pipelines that are gone: they have a .gitignore among the `marked` ones, or artifacts.

    Such a .gitignore stays for as long as anything else does: whoever pulls the change has artifacts too, and would
    have them offered by the next `git add`.
    """
    folders = {path.rpartition("/")[0] for path in marked}
    folders |= {f"pipelines/{path.parent.name}" for path in (root / "pipelines").glob("*/artifacts")}
    gone = sorted(folder for folder in folders if folder.rpartition("/")[2] not in names)
    found = ((folder, tuple(sorted(path.name for path in (root / folder).iterdir()))) for folder in gone)
    return tuple(Left(folder, entries) for folder, entries in found if not _COMPILED.issuperset(entries))
