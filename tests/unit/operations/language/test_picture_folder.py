"""`mlops new` of a folder of pictures: the YAML that is written holds, and the notes say what was chosen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mlops.configuration.load import load_pipeline
from mlops.configuration.reading.library import Configuration
from mlops.errors import ConfigurationError
from mlops.operations.language.new import create
from tests.builders.shapes import png

DATA = """\
# yaml-language-server: $schema=../.schema/data.json
# What `mlops new` saw in pets: 24 pictures. Correct it where it is wrong.
source: {kind: image_folder, path: data/pets}
images: {image: {from: file, shape: [1, 6, 8]}}
columns: {label: {type: category, in: [cat, dog]}}
"""
PIPELINE = """\
# @package _global_
# yaml-language-server: $schema=../.schema/pipeline.json
defaults:
  - /data: pets
  - /features: image
  - /model: [cnn]
  - /gates: binary_classifier
  - /deploy: [local]
  - _self_
description: Predict what a picture of pets shows
owners: ["@me"]  # who reviews a change: a user or a team, as @someone or @organisation/team
risk: limited
task: binary
data: {target: label, split: {by: stratified}}
"""


def pets(
    folder: Path, shape: tuple[int, ...] = (6, 8), classes: tuple[str, ...] = ("cat", "dog"), each: int = 12
) -> Path:
    draw = np.random.default_rng(0)
    for name in classes:
        (folder / "pets" / name).mkdir(parents=True)
        for number in range(each):
            path = folder / "pets" / name / f"{number:02}.png"
            path.write_bytes(png(draw.integers(0, 255, shape, dtype=np.uint8)))
    return folder / "pets"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "repository"
    (root / "conf").mkdir(parents=True)
    return root


def test_a_pipeline_is_proposed(root: Path, tmp_path: Path) -> None:
    made = create(root, "pets", pets(tmp_path), None)
    assert (root / "conf/data/pets.yaml").read_text() == DATA
    assert (root / "conf/pipeline/pets.yaml").read_text() == PIPELINE
    assert len(list((root / "pipelines/pets/data/pets").rglob("*.png"))) == 24
    assert made.notes[:3] == (
        "24 pictures of 2 classes, the folders that they lie in",
        "100% of those looked at have 6 x 8 pixels (height x width), to which all are brought: `shape`",
        "they are grey: one channel",
    )
    loaded, problems = load_pipeline(Configuration(root), "pets")
    assert (problems, loaded is not None) == ((), True)


def test_large_pictures_in_colour_are_brought_to_a_usual_size(root: Path, tmp_path: Path) -> None:
    made = create(root, "pets", pets(tmp_path, (70, 90, 3), ("ant", "bee", "cow")), None)
    assert "images: {image: {from: file, shape: [3, 28, 28]}}\n" in (root / "conf/data/pets.yaml").read_text()
    assert "  - /gates: multiclass_classifier\n" in (root / "conf/pipeline/pets.yaml").read_text()
    assert made.notes[1:3] == (
        "100% of those looked at have 70 x 90 pixels (height x width); all are brought to 28 x 28: "
        "write another `shape` for more detail",
        "they are in colour: three channels",
    )


def test_broken_ones_are_said_and_left_out(root: Path, tmp_path: Path) -> None:
    data = pets(tmp_path)
    (data / "cat/00.png").write_bytes(b"")
    made = create(root, "pets", data, None)
    assert "broken: leave_out" in (root / "conf/data/pets.yaml").read_text()
    assert made.notes[3] == (
        "1 of 24 looked at cannot be read and are left out, counted in the report: "
        "cat/00.png is none of PNG, JPEG, GIF, BMP, WEBP"
    )


@pytest.mark.parametrize(
    ("classes", "each", "words"),
    [
        (("cat",), 12, "pets has 1 classes"),
        (("cat", "dog"), 3, "pets has 2 classes, and of pictures cat has 3, dog has 3"),
    ],
)
def test_too_few_are_refused(root: Path, tmp_path: Path, classes: tuple[str, ...], each: int, words: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        create(root, "pets", pets(tmp_path, classes=classes, each=each), None)
    assert caught.value.message == words
    assert not (root / "conf/data").exists()
