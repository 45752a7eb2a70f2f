"""Secrets of the environment are in nothing that a compile, a run or a verdict leaves behind."""

from __future__ import annotations

import base64
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.builders.repositories import edit, make_repository
from tests.builders.stores import make_store
from tests.conftest import ROOT

SECRET = "canary+7f3a/e9=d1 &b2"
NAMES = (
    "AWS_SECRET_ACCESS_KEY",
    "GITHUB_TOKEN",
    "HF_TOKEN",
    "MLFLOW_TRACKING_PASSWORD",
    "MODEL_SECRET",
    "age",
    "churn",
)


def spellings(secret: str) -> set[bytes]:
    """Spell a secret as logs and files would: plain, URL-encoded, in base 16 and base 64 at each of three offsets."""
    plain = secret.encode()
    found = {plain, quote(secret, safe="").encode(), quote(secret).encode(), plain.hex().encode()}
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for offset in range(3):
            whole = encode(b"\0" * offset + plain)
            start = (0, 2, 3)[offset]
            found.add(whole[start : len(whole) - 4])
    return found


def small(folder: Path) -> Path:
    """Write a repository whose pipeline learns within seconds and passes."""
    root = make_repository(folder)
    ages = [20 + index * 7 % 60 for index in range(400)]
    left = [(age > 50) != (index % 7 == 0) for index, age in enumerate(ages)]
    rows = [f"{age},{('free', 'paid')[index % 2]},{str(left[index]).lower()}" for index, age in enumerate(ages)]
    (root / "pipelines/churn/data/churn.csv").write_text("age,plan,left\n" + "\n".join(rows) + "\n")
    edit(root, "conf/pipeline/churn.yaml", "[linear, mlp]", "[linear]")
    (root / ".venv").symlink_to(sys.prefix)
    return root


def files(root: Path) -> list[Path]:
    return [path for path in sorted(root.rglob("*")) if path.is_file() and ".venv" not in path.parts]


@pytest.mark.slow
def test_nothing_that_a_run_leaves_behind_holds_a_secret_of_the_environment(tmp_path: Path) -> None:
    root = small(tmp_path)
    make_store(root / ".mlops/mlflow.db")
    canaries = {name: f"{SECRET} {name}" for name in NAMES}
    plain = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")}
    environment = {**plain, **canaries, "PYTHONPATH": str(ROOT)}
    said = []
    for command in (
        ["-m", "dvc", "init", "-q", "--no-scm"],
        ["-m", "mlops", "compile"],
        ["-m", "mlops", "plan", "-o", "json"],
        ["-m", "mlops", "run", "churn"],
        ["-m", "mlops", "gate", "churn", "--explain"],
        ["-m", "mlops", "plan", "-o", "md"],
    ):
        done = subprocess.run([sys.executable, *command], cwd=root, env=environment, capture_output=True, check=False)
        assert done.returncode == 0, (command, done.stdout[-2000:], done.stderr[-4000:])
        said += [done.stdout, done.stderr]
    left = files(root)
    names = {path.name for path in left}
    assert {"dvc.lock", "params.yaml", "gate.json", "report.html", "manifest.json"} <= names, sorted(names)
    with closing(sqlite3.connect(root / ".mlops/mlflow.db")) as store:
        assert store.execute("SELECT count(*) FROM metrics").fetchone() > (0,), "nothing was tracked"
    sought = spellings(SECRET)
    assert [path for path in left for spelt in sought if spelt in path.read_bytes()] == []
    assert [text for text in said for spelt in sought if spelt in text] == []


@pytest.mark.slow
def test_a_secret_that_is_written_anyway_would_be_found() -> None:
    for text in (SECRET, f"a {SECRET} b", f"ab{SECRET}", f"abc{SECRET}"):
        for written in (
            text.encode(),
            base64.b64encode(text.encode()),
            quote(text).encode(),
            text.encode().hex().encode(),
        ):
            assert any(spelt in written for spelt in spellings(SECRET)), written
