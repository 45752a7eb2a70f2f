"""What is wrong between pictures and those that read them, told before a stage stops."""

from __future__ import annotations

from typing import Any

import pytest

from mlops.configuration.checking.checks import check
from mlops.configuration.pipeline import Pipeline
from tests.unit.configuration.test_monitor import PIPELINE

PHOTO = {"from": "file", "shape": [3, 28, 28]}
CNN = {"cnn": {"kind": "cnn", "image": "photo"}}


def problems(images: dict[str, Any], data: dict[str, Any] | None = None, **keys: Any) -> list[tuple[Any, str]]:
    told = PIPELINE | keys | {"data": {**PIPELINE["data"], "images": images, **(data or {})}}
    return [(found.path, found.message) for found in check(Pipeline.model_validate(told)) if found.rule == "image"]


def test_pictures_that_somebody_reads_are_right() -> None:
    assert problems({"photo": PHOTO}, model=CNN) == []
    assert problems({"photo": PHOTO}, model={"linear": {"kind": "linear"}}) == []
    assert problems({"photo": PHOTO}, model={"cnn": {"kind": "cnn"}}, features={"kind": "image"}) == []


@pytest.mark.parametrize(
    ("images", "data", "keys", "found"),
    [
        (
            {"photo": PHOTO},
            {},
            {"model": {"cnn": {"kind": "cnn"}}},
            (("model", "cnn"), "a `cnn` reads images"),
        ),
        (
            {"photo": PHOTO, "scan": PHOTO},
            {},
            {"model": CNN},
            (("data", "images", "scan"), "no candidate reads the pictures of `scan`"),
        ),
        (
            {"photo": PHOTO, "scan": PHOTO},
            {},
            {"model": {"cnn": {"kind": "cnn"}}, "features": {"kind": "image"}},
            (("data", "images"), "image features are of one picture a row, and there are 2"),
        ),
        (
            {"photo": PHOTO},
            {},
            {"model": {"cnn": {"kind": "cnn", "image": "foto"}, "linear": {"kind": "linear"}}},
            (("model", "cnn", "image"), "`foto` is no column of pictures"),
        ),
        (
            {"photo": PHOTO},
            {},
            {"model": CNN, "features": {"images": {"foto": {"scale": 1}}}},
            (("features", "images", "foto"), "`foto` is no column of pictures"),
        ),
        (
            {"photo": PHOTO},
            {"source": {"kind": "csv", "path": "cards.csv"}},
            {"model": CNN},
            (("data", "images", "photo"), "nothing says in which folder the pictures of `photo` lie"),
        ),
    ],
)
def test_what_does_not_fit_is_told_at_its_place(images: Any, data: Any, keys: Any, found: Any) -> None:
    assert problems(images, data, **keys) == [found]


def test_a_log_without_pictures_is_nothing_to_learn_from() -> None:
    monitor = {"labels": "labels.csv", "retrain": {"when": ["drift"]}}
    assert problems({"photo": PHOTO}, model=CNN, monitor=monitor) == [
        (("monitor", "retrain"), "the log keeps no pictures, so that nothing to learn from can be made of it")
    ]
