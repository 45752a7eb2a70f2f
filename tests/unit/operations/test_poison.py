"""docs/security.md: one bit is flipped in each kind of stored object, and the verb of its row ends with 5."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from mlops.cli.main import run
from mlops.release.published import present
from tests.builders.flipped import flip, flipped, read, rewrite
from tests.builders.recorded import Recorded
from tests.builders.released import Shop, make_released
from tests.builders.repositories import BASE
from tests.conftest import ROOT

pytestmark = pytest.mark.slow


def _rows() -> dict[str, str]:
    """Read the table: what is stored, and the verb."""
    part = (ROOT / "docs/security.md").read_text().split("## One flipped bit\n")[1].split("\n## ")[0]
    cells = [re.split(r" \| ", line.strip("| ")) for line in part.splitlines() if line.startswith("| ")][2:]
    return {row[0]: row[2].strip("`") for row in cells}


ROWS = _rows()


@pytest.fixture
def looked_at(recorded: Recorded, monkeypatch: pytest.MonkeyPatch) -> Recorded:
    """A recorded repository, every file of which was looked at before."""
    monkeypatch.delenv("CI", raising=False)
    assert run(["verify", "churn", "--bytes"]) == 0
    return recorded


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    made = make_released(tmp_path_factory.mktemp("released"))
    shutil.copytree(BASE, made.root, dirs_exist_ok=True)
    (made.root / "conf/pipeline/churn.yaml").rename(made.root / "conf/pipeline/tiny.yaml")
    (made.root / "pipelines/churn/data").rename(made.root / "pipelines/tiny/data")
    made.say("staging", made.second)
    return made


@pytest.fixture
def released(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(shop.root)
    return shop


def _fetch(made: Recorded, digest: str) -> None:
    """Fetch everything into a repository that has nothing, from a remote with one bad object."""
    flip(made.pushed(digest))
    for place in (made.root / ".dvc/cache", made.root / ".dvc/tmp", made.folder / "artifacts"):
        shutil.rmtree(place)
    made.dvc("pull", "-q", "--allow-missing", "pipelines/churn/dvc.yaml", check=False)


def _lock(made: Recorded) -> None:
    flip(made.lock, made.lock.read_text().index(made.digest("artifacts/raw.parquet")))


def _entry(made: Recorded) -> None:
    assert run(["enter", "churn"]) == 0
    (path,) = (made.folder / "ledger/model").iterdir()
    flip(path)


RECORDED: dict[str, Callable[[Recorded], None]] = {
    "file in the work tree": lambda made: flip(made.folder / "artifacts/raw.parquet"),
    "file of a folder in the work tree": lambda made: flip(made.folder / "artifacts/split/train.parquet"),
    "report": lambda made: flip(made.folder / "reports/metrics.json"),
    "lock": _lock,
    "entry of the ledger": _entry,
    "file in DVC's cache": lambda made: flip(made.cached(made.digest("artifacts/raw.parquet"))),
    "list of a folder in DVC's cache": lambda made: flip(made.cached(made.digest("artifacts/split"))),
    "file in the DVC remote": lambda made: _fetch(made, made.digest("artifacts/raw.parquet")),
    "list of a folder in the DVC remote": lambda made: flip(made.pushed(made.digest("artifacts/split"))),
}


def _copy(shop: Shop) -> Path:
    """Say where the registry keeps the live version of `tiny`."""
    return Path(read(shop.root / ".mlops/mlflow.db", "model_versions", "source", "version = 2"))


@contextmanager
def _moved(shop: Shop, column: str) -> Iterator[None]:
    """Flip one bit of a row."""
    db = shop.root / ".mlops/mlflow.db"
    before = read(db, "model_versions", column, "version = 2")
    rewrite(db, "model_versions", column, before[:-1] + chr(ord(before[-1]) ^ 1), "version = 2")
    yield
    rewrite(db, "model_versions", column, before, "version = 2")


RELEASED: dict[str, Callable[[Shop], AbstractContextManager[None]]] = {
    "bundle": lambda shop: flipped(shop.root / "pipelines/tiny/artifacts/bundle/model.onnx"),
    "statement's report": lambda shop: flipped(shop.root / "pipelines/tiny/reports/metrics.json"),
    "model in the registry's store": lambda shop: flipped(_copy(shop) / "bundle/model.onnx"),
    "`MLmodel` in the registry's store": lambda shop: flipped(_copy(shop) / "MLmodel"),
    "requirements in the registry's store": lambda shop: flipped(_copy(shop) / "requirements.txt"),
    "loader in the registry's store": lambda shop: flipped(_copy(shop) / f"code/{present()}/transform.py"),
    "row of the registry": lambda shop: _moved(shop, "source"),
    "another row of the registry": lambda shop: _moved(shop, "storage_location"),
}


def test_the_page_has_a_row_for_each_kind_of_object() -> None:
    assert set(ROWS) == {*RECORDED, *RELEASED}


@pytest.mark.parametrize("kind", RECORDED)
def test_what_dvc_keeps(kind: str, looked_at: Recorded) -> None:
    RECORDED[kind](looked_at)
    assert run(_words(ROWS[kind], "churn")) == 5


@pytest.mark.parametrize("kind", RELEASED)
def test_what_is_registered(kind: str, released: Shop) -> None:
    words = _words(ROWS[kind], "tiny")
    if words[0] != "register":
        assert run(["reconcile", "--env", "staging"]) == 0
    assert run(words) == 0
    with RELEASED[kind](released):
        assert run(words) == 5
    assert run(words) == 0


def _words(verb: str, name: str) -> list[str]:
    return [{"NAME": name, "E": "staging"}.get(word, word) for word in shlex.split(verb)[1:]]
