"""`mlops new NAME` of a folder of pictures: what they look like, and the YAML of a first model for them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mlops.errors import ConfigurationError
from mlops.ml.data import image_folder
from mlops.operations.language import starter
from mlops.operations.language.flow import Value, flow, text
from mlops.pictures.decoding import Broken, decode
from mlops.sources.image_folder import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Sequence

FILE, LABEL = COLUMNS
IMAGE = "image"
_SAMPLE = 400
_USUAL = 28
_LARGEST = 64
"""Pixels of a side up to which pictures keep the size that most of them have."""
_LEAST = 10
_SHOWN = 3


@dataclass(frozen=True)
class Look:
    """What a folder of pictures holds: its files, rows by class, the shape to bring them to, and sentences about it."""

    files: tuple[Path, ...]
    classes: dict[str, int]
    shape: tuple[int, int, int]
    broken: int
    notes: tuple[str, ...]


def look(path: Path) -> Look:
    """Look at the names of all pictures, and at a sample of them.

    Raises:
        ConfigurationError: there are no two classes of ten pictures.
        DataError: there is something else in the folder.
        MissingExtra: Pillow is not installed.
    """
    table = image_folder.scan(path, path.name).collect()
    files, labels = table[FILE].to_list(), table[LABEL].to_list()
    classes = dict(sorted(Counter(labels).items()))
    if len(classes) < 2 or min(classes.values()) < _LEAST:
        few = ", ".join(f"{name} has {count:,}" for name, count in classes.items() if count < _LEAST)
        message = f"{path.name} has {len(classes)} classes" + (f", and of pictures {few}" if few else "")
        raise ConfigurationError(message, hint=f"bring two classes at least, each of {_LEAST} pictures at least")
    sample = files[:: max(1, len(files) // _SAMPLE)]
    sizes: Counter[tuple[int, int]] = Counter()
    coloured, broken = 0, []
    for name in sample:
        try:
            found = decode((path / name).read_bytes(), (3, _USUAL, _USUAL))
        except Broken as error:
            broken.append(f"{name} {error}")
            continue
        sizes[found.height, found.width] += 1
        red, green, blue = np.frombuffer(found.pixels, dtype=np.uint8).reshape(3, -1)
        coloured += bool((red != green).any() or (green != blue).any())
    if not sizes:
        raise ConfigurationError(f"no picture of {path.name} can be read: {broken[0]}", hint="check the files")
    side, told = _side(sizes)
    shape = (3 if coloured else 1, *side)
    notes = [
        f"{len(files):,} pictures of {len(classes)} classes, the folders that they lie in",
        told,
        "they are in colour: three channels" if coloured else "they are grey: one channel",
        *(
            [
                f"{len(broken)} of {len(sample)} looked at cannot be read and are left out, counted in the report: "
                f"{'; '.join(broken[:_SHOWN])}"
            ]
            if broken
            else []
        ),
    ]
    return Look(tuple(path / name for name in files), classes, shape, len(broken), tuple(notes))


def _side(sizes: Counter[tuple[int, int]]) -> tuple[tuple[int, int], str]:
    """Choose height and width: those of most pictures where they are small, else 28 x 28."""
    (height, width), count = max(sizes.items(), key=lambda item: (item[1], item[0]))
    share = count / sizes.total()
    spelt = f"{share:.0%} of those looked at have {height} x {width} pixels (height x width)"
    if max(height, width) <= _LARGEST and share > 0.5:
        return (height, width), f"{spelt}, to which all are brought: `shape`"
    return (_USUAL, _USUAL), f"{spelt}; all are brought to {_USUAL} x {_USUAL}: write another `shape` for more detail"


def data_yaml(name: str, place: str, found: Look) -> str:
    """Write `conf/data/<name>.yaml`."""
    image: dict[str, Value] = {"from": FILE, "shape": list(found.shape)}
    image |= {"broken": "leave_out"} if found.broken else {}
    classes = {"type": "category", "in": list(found.classes)}
    lines = [
        "# yaml-language-server: $schema=../.schema/data.json",
        f"# What `mlops new` saw in {name}: {len(found.files):,} pictures. Correct it where it is wrong.",
        f"source: {flow({'kind': 'image_folder', 'path': place})}",
        f"images: {flow({IMAGE: image})}",
        f"columns: {flow({LABEL: classes})}",
    ]
    return "\n".join(lines) + "\n"


def pipeline_yaml(name: str, file: str, found: Look, owners: Sequence[str], *, auto: Sequence[str] = ()) -> str:
    """Write `conf/pipeline/<name>.yaml`; `owners` are the lines that name who reviews it."""
    task = "binary" if len(found.classes) == 2 else "multiclass"
    lines = [
        "# @package _global_",
        "# yaml-language-server: $schema=../.schema/pipeline.json",
        "defaults:",
        f"  - /data: {text(name)}",
        "  - /features: image",
        f"  - /model: {starter.AUTO if auto else '[cnn]'}",
        f"  - /gates: {task}_classifier",
        "  - /deploy: [local]",
        "  - _self_",
        f"description: {text(f'Predict what a picture of {file} shows')}",
        *owners,
        "risk: limited",
        f"task: {task}",
        f"data: {flow({'target': LABEL, 'split': {'by': 'stratified'}})}",
        *auto,
    ]
    return "\n".join(lines) + "\n"
