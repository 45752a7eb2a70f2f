"""What a verdict was made of, as a small drawing: boxes with short digests, and arrows between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_PLACES = {
    "Data": (0, 1.0),
    "Rows of train": (1, 0.0),
    "Rows of validation": (1, 1.0),
    "Rows of test": (1, 2.0),
    "Transform": (2, 0.0),
    "Model": (2, 1.0),
    "Bundle": (3, 0.5),
    "Predictions": (4, 1.5),
    "Rules": (4, 0.5),
    "Verdict": (5, 1.0),
}
"""Column and row of each box."""
_ARROWS = (
    ("Data", "Rows of train"),
    ("Data", "Rows of validation"),
    ("Data", "Rows of test"),
    ("Rows of train", "Transform"),
    ("Rows of train", "Model"),
    ("Rows of validation", "Model"),
    ("Transform", "Bundle"),
    ("Model", "Bundle"),
    ("Bundle", "Predictions"),
    ("Rows of test", "Predictions"),
    ("Predictions", "Verdict"),
    ("Rules", "Verdict"),
)
BOX, TALL = 140, 46
_ACROSS, _DOWN, _EDGE = 176, 62, 6
_LETTERS = 12


@dataclass(frozen=True)
class Box:
    """A part: its upper left corner, its name and the first letters of its digest."""

    x: float
    y: float
    name: str
    digest: str


@dataclass(frozen=True)
class Drawing:
    """Boxes, and the paths of the arrows between them; `text` says the same to who does not see it."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    paths: tuple[str, ...]
    text: str


def drawing(digests: Mapping[str, str], verdict: str) -> Drawing:
    """Draw the parts that are known."""
    said = {name.partition(",")[0]: digest.removeprefix("sha256:")[:_LETTERS] for name, digest in digests.items()}
    said["Verdict"] = verdict
    boxes = {
        name: Box(_EDGE + column * _ACROSS, _EDGE + row * _DOWN, name, said[name])
        for name, (column, row) in _PLACES.items()
        if name in said
    }
    arrows = [(first, then) for first, then in _ARROWS if first in boxes and then in boxes]
    return Drawing(
        width=2 * _EDGE + 5 * _ACROSS + BOX,
        height=2 * _EDGE + 2 * _DOWN + TALL,
        boxes=tuple(boxes.values()),
        paths=tuple(_path(boxes[first], boxes[then]) for first, then in arrows),
        text="; ".join(f"{first} to {then}" for first, then in arrows),
    )


def _path(first: Box, then: Box) -> str:
    x, y, end, height = first.x + BOX, first.y + TALL / 2, then.x - 7, then.y + TALL / 2
    middle = (x + end) / 2
    return f"M{x:g} {y:g}C{middle:g} {y:g} {middle:g} {height:g} {end:g} {height:g}m-6 -4l6 4-6 4"
