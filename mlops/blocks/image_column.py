"""`data.images:` columns of pictures, made of a column that says where each picture lies."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from mlops.blocks.block import Block, Column

Filter = Literal["nearest", "box", "bilinear", "hamming", "bicubic", "lanczos"]
Side = Annotated[int, Field(ge=1, le=4_096)]
Shape = Annotated[tuple[Literal[1, 3], Side, Side], Field(strict=False)]
BRIGHTNESS, CONTRAST = "brightness", "contrast"
SIZES = ("width", "height")


class ImageColumn(Block):
    """A column of pictures, read where `ingest` takes its snapshot: PNG, JPEG, BMP, WebP, and the first of a GIF."""

    source: Annotated[Column, Field(alias="from")]
    """Column that has the path of each picture, relative to `folder`; it stays as a key."""
    shape: Shape
    """Channels (1 of grey, 3 of red, green and blue), height, width. What is transparent lies over white."""
    folder: str | None = None
    """Folder of the pictures, relative to `pipelines/<name>/`; that of the source where it is not given."""
    resize: Filter = "bilinear"
    """How pictures of another size are brought to that of `shape`."""
    broken: Literal["refuse", "leave_out"] = "refuse"
    """`leave_out` keeps the rows whose picture cannot be read out of the snapshot, counted in the report."""
    largest: Annotated[int, Field(ge=1, le=80_000_000)] = 50_000_000
    """Pixels that a picture may have in its file; one of more counts as broken before it is unfolded."""
    public: bool = False
    """Whoever sees the report may see these pictures: it shows small ones of the worst errors, and else none."""


def measured(image: str, what: str) -> str:
    """Name the column of what is measured of each picture of a column.

    >>> measured("photo", BRIGHTNESS)
    'photo.brightness'
    """
    return f"{image}.{what}"


def measures(image: str) -> tuple[str, ...]:
    """Name what is measured of the pixels of a column of pictures, in a request as in the data: from 0 to 1."""
    return measured(image, BRIGHTNESS), measured(image, CONTRAST)


def beside(image: str) -> tuple[str, ...]:
    """Name all columns that one of pictures brings along; they tell of it, and are never learnt from.

    >>> beside("photo")
    ('photo.brightness', 'photo.contrast', 'photo.width', 'photo.height')
    """
    return (*measures(image), *(measured(image, side) for side in SIZES))
