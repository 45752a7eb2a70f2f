"""Files of pictures, by their names."""

from __future__ import annotations

from pathlib import Path

ENDINGS = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp")


def is_picture(path: Path) -> bool:
    """Tell whether a file is a picture, by its ending.

    >>> is_picture(Path("cat/001.PNG")), is_picture(Path("cat/notes.txt"))
    (True, False)
    """
    return path.suffix.lower() in ENDINGS


def holds_pictures(path: Path) -> bool:
    """Tell whether a folder has folders with pictures in them, one for each class."""
    if not path.is_dir():
        return False
    folders = [each for each in path.iterdir() if each.is_dir() and not each.name.startswith(".")]
    return any(is_picture(file) for folder in folders for file in folder.iterdir())
