"""mlops/README.md is a map: what it names is there."""

from __future__ import annotations

import re
from pathlib import Path

_DOTTED = re.compile(r"`([a-z_]+(?:\.[a-zA-Z_]+)+)`")


def missing(text: str, rooms: Path) -> set[str]:
    """List what a text calls a room, a module or a name in one, and what is none."""
    return {name for name in _DOTTED.findall(text) if (rooms / name.split(".")[0]).is_dir() and not _there(name, rooms)}


def _there(name: str, rooms: Path) -> bool:
    *path, last = name.split(".")
    place, module = rooms.joinpath(*path, last), rooms.joinpath(*path).with_suffix(".py")
    if place.is_dir() or place.with_suffix(".py").exists():
        return True
    said = rf"\b(def|class) {last}\b|^{last}\b"
    return module.exists() and re.search(said, module.read_text(encoding="utf-8"), re.MULTILINE) is not None


def test_whatever_the_map_names_is_there(repository: Path) -> None:
    rooms = repository / "mlops"
    text = (rooms / "README.md").read_text(encoding="utf-8")
    assert missing(text, rooms) == set()
    assert missing("`files.atomic` `files.no_such_module` `plan.stage.Stage` `plan.stage.Other`", rooms) == {
        "files.no_such_module",
        "plan.stage.Other",
    }


def test_every_room_is_in_the_map(repository: Path) -> None:
    text = (repository / "mlops" / "README.md").read_text(encoding="utf-8")
    rooms = {path.name for path in (repository / "mlops").iterdir() if (path / "__init__.py").exists()}
    assert {room for room in rooms if f"`{room}" not in text} == set()


def test_every_folder_of_operations_is_in_the_map(repository: Path) -> None:
    text = (repository / "mlops" / "README.md").read_text(encoding="utf-8")
    folders = {path.parent.name for path in (repository / "mlops" / "operations").glob("*/__init__.py")}
    assert {folder for folder in folders if f"`{folder}`" not in text} == set()
