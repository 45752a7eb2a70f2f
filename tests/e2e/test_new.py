"""`mlops new` on tables it has never seen: a few lines of YAML, no Python, a verdict."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from mlops.documents.created import Created
from tests.builders.clones import clone

pytestmark = pytest.mark.slow

Row = list[object]


def customers(path: Path, draw: random.Random) -> None:
    """500 rows with `;`, text, dates, nulls, yes and no, a decimal comma and a target with spaces."""
    rows: list[Row] = []
    for number in range(500):
        plan, months = draw.choice(["basic", "gold", "platinum plus"]), draw.randint(1, 70)
        leaves = draw.random() < 1 / (1 + math.exp(0.08 * months - 2.5 - 1.5 * (plan == "basic")))
        joined = date(2021, 1, 1) + timedelta(days=draw.randint(0, 900))
        spend = None if draw.random() < 0.2 else f"{draw.gauss(50, 9):.2f}".replace(".", ",")
        rows.append(
            [f"C-{number:05d}", plan, months, joined, draw.choice(["true", "false"]), spend, "yes" if leaves else "no"]
        )
    write(
        path, ["customer id", "plan name", "months", "joined on", "autopay", "monthly spend", "has left us"], rows, ";"
    )


def houses(path: Path, draw: random.Random) -> None:
    """50,000 rows of a regression."""
    level = {"north": 1.0, "south": -1.0, "east": 0.0, "west": 2.0}
    rows: list[Row] = []
    for number in range(50_000):
        size, region = draw.gauss(0, 1), draw.choice(list(level))
        age = None if draw.random() < 0.05 else round(draw.random() * 80, 1)
        rows.append([number, region, round(size, 4), age, round(3 * size + level[region] + draw.gauss(0, 1), 4)])
    write(path, ["id", "region", "size", "age", "house price"], rows, ",")


def animals(path: Path, draw: random.Random) -> None:
    """600 rows of three classes, tab-separated, with a name that YAML would trip over."""
    centre = {"cat": 1, "dog": 3, "bird": 5}
    rows: list[Row] = []
    for _ in range(600):
        kind = draw.choice(list(centre))
        width, height = draw.gauss(centre[kind], 1), draw.gauss(-centre[kind], 1.5)
        rows.append([round(width, 3), round(height, 3), draw.choice(["Y", "N"]), kind])
    write(path, ["w", "no", "tame?", "Spezies (Tier): #1"], rows, "\t")


def write(path: Path, header: list[str], rows: list[Row], separator: str) -> None:
    lines = [separator.join("" if value is None else str(value) for value in row) for row in [header, *rows]]
    path.write_text("\n".join(lines) + "\n")


@pytest.mark.parametrize(
    ("make", "file", "target", "task"),
    [
        pytest.param(customers, "customers 2026.csv", "has left us", "binary", id="customers"),
        pytest.param(houses, "houses.csv", "house price", "regression", id="houses", marks=pytest.mark.long),
        pytest.param(animals, "animals.tsv", "Spezies (Tier): #1", "multiclass", id="animals", marks=pytest.mark.long),
    ],
)
def test_a_new_model_takes_a_few_lines_of_yaml_and_ends_with_a_verdict(
    make: Callable[[Path, random.Random], None], file: str, target: str, task: str, repository: Path, tmp_path: Path
) -> None:
    copy = clone(repository, tmp_path / "repository")
    make(tmp_path / file, random.Random(20_261_121))
    words = ("mlops", "new", "fresh", "--data", str(tmp_path / file), "--target", target, "-o", "json")
    done = copy.run(*words, MLFLOW_TRACKING_URI="")  # which takes longer to import than these take to learn
    assert done.returncode == 0, done.stdout + done.stderr
    told = Created.parse(done.stdout.encode())
    assert (told.pipeline, told.smoke, "verdict: pass" in done.stderr) == ("fresh", "pass", True), done.stderr
    assert all((copy.root / written).is_file() for written in told.files)
    pipeline = (copy.root / "conf/pipeline/fresh.yaml").read_text()
    assert len(pipeline.splitlines()) <= 25
    assert f"task: {task}" in pipeline
    assert not list((copy.root / "pipelines/fresh").rglob("*.py"))
    assert copy.mlops("compile", "--check").returncode == 0
    assert copy.mlops("validate", "--strict").returncode == 0
    assert ("folds: 5" in pipeline) == (task != "regression"), "small tables are dealt into folds"
