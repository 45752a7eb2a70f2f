"""What is left of a pipeline whose YAML is gone: data and models, which Git must go on not seeing."""

from __future__ import annotations

from pathlib import Path

from mlops.files.atomic import write_text
from mlops.files.relative import trouble


def hide(folder: Path) -> None:
    """Have what a pipeline's .gitignore names ignore itself, before that file goes away.

    The files written stand where Git then does not look: nothing of them is committed, and a clone has nothing left
    over. One that is there already is its author's business.
    """
    hidden: dict[Path, list[str]] = {}
    for line in (folder / ".gitignore").read_text(encoding="utf-8", errors="replace").splitlines():
        name = line.removeprefix("/")
        if line.startswith("#") or trouble(name) is not None or not _inside(folder / name, folder):
            continue
        place = folder / name
        if place.is_dir():
            hidden[place] = ["*"]
        elif place.is_file():
            hidden.setdefault(place.parent, ["/.gitignore"]).append(f"/{place.name}")
    for place, patterns in hidden.items():
        if not (place / ".gitignore").exists():
            write_text(place / ".gitignore", "".join(f"{pattern}\n" for pattern in patterns))


def _inside(place: Path, folder: Path) -> bool:
    """Whether a path is below a folder, over no link."""
    return place.resolve() == folder.resolve() / place.relative_to(folder)
