"""Small pictures of the worst errors, where somebody declared that anyone may see them; else how to say so."""

from __future__ import annotations

from dataclasses import dataclass

from mlops.documents.metrics import MetricsReport, Pictures, Thumbnail
from mlops.present.report.about import About
from mlops.present.report.words import count, figure


@dataclass(frozen=True)
class Shown:
    """A picture as a PNG in base64, and what was said of it."""

    png: str
    caption: str
    note: str


@dataclass(frozen=True)
class PictureSection:
    """Pictures of a column, and a sentence about them."""

    column: str
    shown: tuple[Shown, ...]
    sentence: str


def pictures(metrics: MetricsReport, about: About) -> tuple[PictureSection, ...]:
    """Show what was kept of each column of pictures."""
    classes = tuple(about.label(about.target, name) for name in metrics.classes or ())
    return tuple(
        PictureSection(each.column, tuple(_shown(one, classes) for one in each.shown), _sentence(each, classes))
        for each in metrics.pictures
    )


def _shown(found: Thumbnail, classes: tuple[str, ...]) -> Shown:
    if not classes:
        return Shown(found.png, f"{figure(found.answer)}, truly {figure(found.target)}", "")
    target, answer = (_named(classes, value) for value in (found.target, found.answer))
    return Shown(found.png, f"{answer}, truly {target}", f"{target}: {figure(found.probability)}")


def _named(classes: tuple[str, ...], value: float) -> str:
    place = int(value)
    return classes[place] if 0 <= place < len(classes) else str(place)


def _sentence(found: Pictures, classes: tuple[str, ...]) -> str:
    if not found.public:
        return (
            f"No picture is shown: `images: {{{found.column}: {{public: true}}}}` under `data:` says that whoever sees "
            "this report may see them"
        )
    if not found.shown:
        return "No test row with a picture is decided wrongly"
    wrong = " that are decided wrongly" if classes else ""
    return f"{count(len(found.shown))} of {count(found.wrong)} test rows{wrong}, the worst first"
