"""What is no leak raises no alarm: pixels, whole numbers that look standardised, many dates."""

import datetime

import numpy as np
import polars as pl

from mlops.ml.data import pixels, preprocessing_leaks
from mlops.ml.data import target as targets
from mlops.ml.data.duplicates import dates, dates_across
from mlops.ml.data.splits import Divided
from mlops.ml.data.suspect import Suspect


def test_whole_numbers_are_never_called_standardised():
    draw = np.random.default_rng(0)
    values = np.repeat(np.arange(-30, 31), 4)  # median 0 and, of the second, quartiles one apart
    codes = np.concatenate([np.zeros(122), np.ones(61), draw.integers(-30, 31, 61)])
    y = pl.Series("y", draw.random(values.size) < 0.5)
    frame = pl.DataFrame({"steps": values, "codes": codes - np.median(codes), "y": y})
    known, _ = targets.settle(y, "bool", "binary", None)
    suspects = [Suspect("steps", "int"), Suspect("codes", "float")]
    assert preprocessing_leaks.find(frame, known, suspects) == []


def test_many_dates_are_told_in_one_line():
    days = [datetime.date(2024, 1, 1) + datetime.timedelta(place) for place in range(30)]
    columns = [f"day_{place}" for place in range(13)]
    frame = pl.DataFrame(dict.fromkeys(columns, days))
    found = dates(Divided(frame, frame.head(10), frame.head(5)), columns)
    assert [check.message for check in found] == [
        "15 of 15 rows of validation and test are not younger than all of train, by `day_0`, and likewise by 12 other "
        "dates; if the model is to predict what comes, write `split: {by: time, key: day_0}`"
    ]


def test_the_split_by_time_that_is_proposed_goes_by_a_date_that_every_row_has():
    days = [datetime.date(2024, 1, 1) + datetime.timedelta(place) for place in range(30)]
    frame = pl.DataFrame({"closed on": [None, *days[1:]], "no": days})
    parts = Divided(frame, frame.head(20), frame.head(9))
    told = [check.message for check in dates(parts, ["closed on", "no"], "shop")]
    assert told == [
        "29 of 29 rows of validation and test are not younger than all of train, by `no`, and likewise by one other "
        'date; if the model is to predict what comes, write `split: {by: time, key: "no"}` and name `shop` in `keys:` '
        "in place of `entity:`"
    ]
    (alone,) = dates(parts, ["closed on"])
    assert alone.message == ("27 of 29 rows of validation and test are not younger than all of train, by `closed on`")


def test_folds_that_mix_times_say_so_once_and_plainly():
    days = [datetime.date(2024, 1, 1) + datetime.timedelta(place) for place in range(30)]
    frame = pl.DataFrame({"day": days, "closed": [None, *days[1:]]})
    folds = pl.Series([place % 3 for place in range(30)])
    assert [check.message for check in dates_across(frame, folds, ["day", "closed"], None)] == [
        "folds mix rows of all times, by `day`: 29 of 30 rows are judged by a model that saw rows as young, or "
        "younger, and likewise by one other date; if the model is to predict what comes, write "
        "`split: {by: time, key: day}`"
    ]
    assert dates_across(frame.head(2), pl.Series([0, 1]), ["closed"], None) == []


def test_pixels_are_known_by_their_names_and_their_common_brightness():
    draw = np.random.default_rng(1)
    image = {f"pixel_{place}": draw.integers(0, 256, 100) * (draw.random(100) < 0.6) for place in range(64)}
    answers = {f"question_{place}": draw.integers(1, 6, 100) for place in range(64)}
    frame = pl.DataFrame({**image, **answers, "age": draw.integers(18, 90, 100)})
    assert pixels.find(frame, dict.fromkeys(frame.columns, "int")) == frozenset(image)
