"""DVC's commands at the root are about this repository's pipelines: not about those that tests and examples hold."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.builders.clones import Clone, clone

pytestmark = pytest.mark.slow

NAMES = {"rand_hie", "digits", "diabetes"}
FOREIGN = re.compile(r"\b(tests|examples|benchmarks)/")
COMMANDS = (
    ("dag",),
    ("metrics", "show", "--json"),
    ("plots", "show", "--json"),
    ("status", "--json"),
    ("stage", "list", "--all", "--name-only"),
)


@pytest.fixture(scope="module")
def copy(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Clone:
    return clone(repository, tmp_path_factory.mktemp("clone"))


@pytest.mark.parametrize("command", COMMANDS, ids="-".join)
def test_nothing_of_a_folder_that_is_no_pipeline_is_named(copy: Clone, command: tuple[str, ...]) -> None:
    done = copy.run("dvc", *command)
    assert done.returncode == 0, done.stderr
    assert FOREIGN.findall(done.stdout + done.stderr) == []
    if command != ("status", "--json"):  # which names only what changed
        assert {name for name in NAMES if name in done.stdout} == NAMES


def test_without_the_file_they_are_named(copy: Clone) -> None:
    text = (copy.root / ".dvcignore").read_text()
    (copy.root / ".dvcignore").unlink()
    done = copy.run("dvc", "metrics", "show", "--json")
    (copy.root / ".dvcignore").write_text(text)
    found = [name for part in json.loads(done.stdout).values() for name in part.get("data", {})]
    assert any(FOREIGN.match(name) for name in found)
