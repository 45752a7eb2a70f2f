"""Tables whose columns bear the names that Polars, or this program, gives to columns of its own."""

from __future__ import annotations

import datetime
import json
import random
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from tests.builders.played import play
from tests.conftest import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.long]

CASES = ROOT / "tests/cases/01-column-named-count"
NAMES = (
    *("count", "len", "index", "literal", "row_nr", "value", "variable", "values", "name", "struct", "label_right"),
    *("rows", "level", "part", "stratum", "mixed", "word", "label", "score", "target", "answer", "output", "at", "now"),
    *("__part__", "__at__", "__key__", "__period__", "__series__", "__output__", "prediction_id", "date", "scale"),
    *("a.b", "it's", 'say "x"', "`tick`", "two words", "true", "null", "0", "{x}", "{failed}", "#h", "a:b", "[x]"),
    *("é", "-", "~", "<b>", "$x", "\\", "%s", "|", "client_id", "features", "__spelled__"),
)
KINDS = ("text", "number", "date", "whole")
ROWS = 240


def column(kind: str, chance: random.Random) -> list[object]:
    if kind == "group":
        return [index // 4 for index in range(ROWS)]
    draw: dict[str, Callable[[], object]] = {
        "text": lambda: chance.choice(["red", "green", "blue"]),
        "number": lambda: round(chance.gauss(0, 1), 3),
        "whole": lambda: chance.randrange(30),
        "date": lambda: datetime.date(2024, 1, 1) + datetime.timedelta(days=chance.randrange(700)),
        "class": lambda: chance.choice(["no", "yes"]),
    }
    return [draw[kind]() for _ in range(ROWS)]


def written(path: Path, **kinds: str) -> Path:
    chance = random.Random(20_261_130)
    pl.DataFrame({name: column(kind, chance) for name, kind in kinds.items()}).write_csv(path)
    return path


def trains(folder: Path, data: Path, target: str, edit: Callable[[str], str] = str) -> None:
    made = play(folder / "root", data, target, edit)
    assert json.loads((made / "reports/gate.json").read_text())["verdict"] in {"pass", "fail", "inconclusive"}


@pytest.mark.parametrize("turn", range(4))
def test_features_of_every_kind_bear_any_name(turn: int, tmp_path: Path) -> None:
    kinds = {name: KINDS[(place + turn) % len(KINDS)] for place, name in enumerate(NAMES)}
    data = written(tmp_path / "t.csv", **kinds, y="class")
    text, date = ([name for name, kind in kinds.items() if kind == wanted] for wanted in ("text", "date"))

    def edit(yaml: str) -> str:
        timed = yaml.replace("split: {by: stratified}", f"split: {{by: time, key: {json.dumps(date[0])}}}")
        return f"{timed}evaluate: {{slices: {json.dumps(text[:3])}, robustness: {{missing: 0.2, noise: 0.1}}}}\n"

    trains(tmp_path, data, "y", edit)


@pytest.mark.parametrize("name", ["count", "rows", "value", "part", "len", "__part__", "literal", "label", "a.b"])
@pytest.mark.parametrize("role", ["class", "number", "date", "group"])
def test_a_target_a_time_and_a_group_bear_any_name(role: str, name: str, tmp_path: Path) -> None:
    if role in {"class", "number"}:
        trains(tmp_path, written(tmp_path / "t.csv", a="number", b="text", **{name: role}), name)
        return
    data = written(tmp_path / "t.csv", a="number", b="text", y="class", **{name: role})
    split = {"date": f"split: {{by: time, key: {json.dumps(name)}}}"}.get(
        role, f"entity: {json.dumps(name)}, split: {{by: group, key: {json.dumps(name)}}}"
    )
    trains(tmp_path, data, "y", lambda yaml: yaml.replace("split: {by: stratified}", split))


@pytest.mark.parametrize(
    ("file", "target", "split"),
    [
        ("countcol", "y", None),
        ("counttarget", "count", None),
        ("countnum", "y", None),
        ("rowstext", "y", None),
        ("timerows", "y", "split: {by: time, key: rows}"),
    ],
)
def test_the_case_trains(file: str, target: str, split: str | None, tmp_path: Path) -> None:
    def edit(yaml: str) -> str:
        return yaml.replace("split: {by: stratified}", split or "split: {by: stratified}")

    trains(tmp_path, CASES / f"{file}.csv", target, edit)
