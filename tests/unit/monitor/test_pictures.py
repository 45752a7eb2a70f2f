"""A log of pictures, from the server to the page: darker and flatter ones are told, and no picture is kept."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from mlops.configuration.monitor import Monitor
from mlops.monitor import log, windows
from mlops.monitor.document import document
from mlops.monitor.judge import Result, judge
from mlops.pictures.pixels import measure
from mlops.present.monitor.page import render
from tests.builders import shapes
from tests.builders.bundles import reference_of
from tests.builders.logs import START, write_day
from tests.builders.staged import staged

pytestmark = pytest.mark.slow

DAYS, ROWS, FROM = 5, 600, 3
SIDE = shapes.SIDE
Pixels = NDArray[np.uint8]
Change = Callable[[Pixels], Pixels]


def frame(pixels: Pixels) -> pl.DataFrame:
    """Put pictures [n, pixels] into a table as `ingest` does."""
    brightness, contrast = measure(pixels)
    return pl.DataFrame(
        {
            "picture": pl.Series([each.tobytes() for each in pixels], dtype=pl.Binary),
            "picture.brightness": brightness,
            "picture.contrast": contrast,
            "picture.width": [SIDE] * len(pixels),
            "picture.height": [SIDE] * len(pixels),
        }
    )


@pytest.fixture(scope="module")
def drawn() -> dict[str, Pixels]:
    """The pictures of examples/images."""
    return {name: pixels.reshape(-1) for name, pixels in shapes.pictures().items()}


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory, drawn: dict[str, Pixels]) -> Path:
    table = frame(np.stack([*drawn.values()])).with_columns(
        file=pl.Series([*drawn]), y=pl.Series([name.partition("/")[0] for name in drawn])
    )
    done = staged(
        tmp_path_factory.mktemp("pictures"),
        table,
        "multiclass",
        validate={
            "keys": ["file"],
            "images": {"picture": {"from": "file", "shape": [1, SIDE, SIDE], "folder": "data"}},
        },
        features={"groups": ["image:picture"]},
    )
    return done.folder / "artifacts/bundle"


def watch(
    folder: Path, bundle: Path, drawn: dict[str, Pixels], change: Change | None = None, days: int = DAYS
) -> Result:
    """Log days of pictures, those from the fourth on changed, and judge them."""
    every = np.stack([*drawn.values()])
    for day in range(days):
        some = every[np.random.default_rng(day).integers(0, len(every), ROWS)]
        write_day(folder / "log", bundle, day, frame(change(some) if change is not None and day >= FROM else some))
    reference, until = reference_of(bundle), START + timedelta(days=days)
    closed = tuple(windows.closed(START, until, "day", 30))
    monitor = Monitor.model_validate({"drift": {"ignore": ["(output)", "(confidence)"]}, "quality": {"outside": 1.0}})

    def read(window: windows.Window) -> log.Records:
        return log.read([folder / "log"], window, reference.bundle)

    return judge(closed, read, until, reference, monitor, None)


def darker(pixels: Pixels) -> Pixels:
    """Take light away, as a dirty lens does: all that is dark stays so."""
    found: Pixels = np.maximum(pixels.astype(np.int64) - 25, 0).astype(np.uint8)
    return found


def flatter(pixels: Pixels) -> Pixels:
    """Halve what tells a pixel from the mean of its picture, as fog does."""
    means = pixels.mean(axis=1, keepdims=True)
    found: Pixels = np.rint(means + (pixels - means) / 2).astype(np.uint8)
    return found


def test_pictures_like_those_of_training_are_ok(tmp_path: Path, bundle: Path, drawn: dict[str, Pixels]) -> None:
    found = watch(tmp_path, bundle, drawn)
    assert (found.status, found.alarms) == ("ok", ())
    assert {shift.column for window in found.windows for shift in window.shifts} == {
        "picture.brightness",
        "picture.contrast",
    }


@pytest.mark.parametrize(("change", "name"), [(darker, "picture.brightness"), (flatter, "picture.contrast")])
def test_what_became_of_the_light_is_told_once_it_lasts(
    tmp_path: Path, bundle: Path, drawn: dict[str, Pixels], change: Change, name: str
) -> None:
    found = watch(tmp_path, bundle, drawn, change)
    assert found.status == "alarm"
    assert [(alarm.kind, alarm.name, len(alarm.windows)) for alarm in found.alarms] == [("drift", name, 2)]
    report = document(found, reference_of(bundle), "shapes")
    assert f"`{name}` has shifted: psi" in json.dumps(report.value())
    assert name in render(report, "psi", None)


def test_the_log_that_is_judged_holds_no_picture(tmp_path: Path, bundle: Path, drawn: dict[str, Pixels]) -> None:
    watch(tmp_path, bundle, drawn, days=1)
    (segment,) = (tmp_path / "log").iterdir()
    lines = gzip.decompress(segment.read_bytes()).splitlines()
    features = json.loads(lines[1])["features"]
    assert features["picture"].startswith("sha256:")
    assert set(features) == {"picture", "picture.brightness", "picture.contrast"}
    assert max(map(len, lines)) < 500
