"""Spoilt configurations: whatever is written, the answer is findings with a place, and nothing happens."""

from __future__ import annotations

import os
import random
import re
import sys
from pathlib import Path

import pytest

from mlops.cli.main import run
from mlops.errors import ConfigurationError
from mlops.operations.language.documentation import documentation
from mlops.operations.validate import validate
from tests.builders.every_key import FILES as EVERY_KEY_FILES
from tests.builders.every_key import every_key
from tests.fuzz.mutations import mutate

pytestmark = pytest.mark.slow

TOTAL, SHARDS, FAST = 10_000, 10, 80
SEED = int(os.environ.get("MLOPS_FUZZ_SEED", "0"))
"""Another seed spoils the files in other ways: `MLOPS_FUZZ_SEED=7 pytest tests/fuzz/test_mutations.py`."""
EXTRA = {
    "conf/model/mlp.yaml": "# @package model.mlp\nkind: mlp\nhidden: [64, 64]\nlr: 0.001\ndropout: 0.1\n",
    "conf/gates/binary_classifier.yaml": "# @package preset\ngates: [{metric: auroc, over_dummy: {better_by: 0.1}}]\n",
}
OFTEN = ("conf/pipeline/churn.yaml", "conf/data/churn.yaml", "conf/project.yaml")
FILES = (*sorted(EXTRA), *EVERY_KEY_FILES)
CHOICES = (*FILES, *OFTEN * 5)
CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f]")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Build a repository in which every block of the language is written."""
    root = every_key(tmp_path)
    for file, text in EXTRA.items():
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_text(text)
    assert not [found for found in validate(root)[0] if found.severity == "error"]
    return root


def packages() -> set[str]:
    return {name.partition(".")[0] for name in sys.modules}


def spoil(root: Path, number: int) -> tuple[Path, bytes]:
    """Write mutation `number`; give the file and what it held."""
    seed = random.Random(f"{SEED}-{number}" if SEED else number)
    path = root / seed.choice(CHOICES)
    before = path.read_bytes()
    path.write_bytes(mutate(before.decode(), seed))
    return path, before


def listed(root: Path) -> list[tuple[str, int, int]]:
    """List the files of a repository but for its cache, which holds digests of the framework's own code."""
    found, waiting = [], [str(root)]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.is_dir():
                    waiting += [entry.path] if entry.name != ".mlops" else []
                else:
                    found.append((entry.path, entry.inode(), entry.stat().st_mtime_ns))
    return sorted(found)


def refused(root: Path, number: int) -> bool:
    """Check mutation `number`, and take it back."""
    path, before = spoil(root, number)
    here = listed(root)
    try:
        found, text = validate(root, ("churn",) if path.stem == "churn" else ())  # nobody else reads those
    except ConfigurationError as error:
        pytest.fail(f"mutation {number}: no place: {error.message}")
    except (Exception, SystemExit) as error:
        raise AssertionError(f"mutation {number} of {path.name}: {path.read_bytes()[:2000]!r}") from error
    else:
        assert listed(root) == here, f"mutation {number}: something was written"
    finally:
        path.write_bytes(before)
    for diagnostic in found:
        assert diagnostic.position.file.startswith(("conf/", "mlops/library/")), number
        assert diagnostic.position.line >= 1, number
        assert diagnostic.position.column >= 1, number
        assert diagnostic.message, number
        assert diagnostic.rule in documentation(), number
        assert f":{diagnostic.position.line}:" in text, number
    assert not CONTROLS.search(text), number
    return any(diagnostic.severity == "error" for diagnostic in found)


def test_some_mutations_are_refused_with_a_place(root: Path) -> None:
    validate(root, ("churn",), hydra=True)  # which composes what our own merge leaves to it, and is imported then
    before = packages()
    count = sum(refused(root, number) for number in range(FAST))
    assert count > FAST * 0.7
    assert packages() == before, "a configuration made something be imported"


@pytest.mark.slow
@pytest.mark.parametrize("shard", [0, *(pytest.param(shard, marks=pytest.mark.long) for shard in range(1, SHARDS))])
def test_ten_thousand_mutations_are_refused_with_a_place(root: Path, shard: int) -> None:
    each = TOTAL // SHARDS
    count = sum(refused(root, number) for number in range(shard * each, (shard + 1) * each))
    assert count > each * 0.7


@pytest.mark.parametrize("number", range(0, 60, 3))
def test_the_command_line_ends_with_4_and_without_a_traceback(
    root: Path, number: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path, before = spoil(root, number)
    monkeypatch.chdir(root)
    code = run(["validate"])
    captured = capsys.readouterr()
    wrong = path.read_bytes()
    path.write_bytes(before)
    assert "Traceback" not in captured.err
    assert code == (4 if refused(root, number) else 0), wrong
