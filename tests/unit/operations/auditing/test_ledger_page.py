"""docs/ledger.md: its entry is one, and its commands do what it says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from mlops.cli.main import run
from mlops.ledger.entry import KINDS, Entry
from tests.builders.kept import judge, line, make_kept
from tests.builders.repositories import git


@pytest.fixture
def page(repository: Path) -> str:
    return (repository / "docs/ledger.md").read_text()


@pytest.fixture
def shown(page: str) -> dict[str, str]:
    """The blocks of the page by their names."""
    return dict(re.findall(r"```\w+ (\w+)\n(.*?)```", page, re.DOTALL))


def test_its_entry_is_one(shown: dict[str, str]) -> None:
    assert Entry.parse(shown["entry"].encode()).kind == "release"


def test_each_kind_has_a_row(page: str) -> None:
    rows = [row.split(" | ")[0] for row in page.splitlines() if row.startswith("| `")]
    assert [kind for row in rows for kind in re.findall(r"`(\w+)`", row) if kind in KINDS] == list(KINDS)


@pytest.mark.slow
def test_its_commands_do_what_it_says(shown: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = make_kept(tmp_path)
    monkeypatch.chdir(root)
    judge(root, 2, entered=False)
    for text in shown["enter"].splitlines():
        program, *words = shlex.split(text)
        assert run(words) == 0 if program == "mlops" else git(root, *words) == ""
    program, *words = shlex.split(shown["verify"])
    assert run(words) == 0
    assert git(root, "diff", "--cached", "--name-only") == f"pipelines/churn/ledger/model/{line(root).tips[0]}.json\n"
