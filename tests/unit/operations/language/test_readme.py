"""What the README and the pages of docs/ show is what the program takes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from mlops.cli.main import VERBS, cli
from mlops.operations.validate import validate
from tests.builders.repositories import make_repository

COST = (
    "evaluate: {cost: {true_positive: 1, false_positive: -1, false_negative: -2, true_negative: 0}, slices: [plan]}\n"
)


DOCS = Path(__file__).parents[4] / "docs"
PAGES = ("README.md", *sorted(f"docs/{page.relative_to(DOCS)}" for page in DOCS.rglob("*.md")))


def blocks(page: Path, language: str) -> list[str]:
    """Read what stands in a page's blocks of a language."""
    return re.findall(rf"^ *```{language}\n(.*?)```", page.read_text(), re.DOTALL | re.MULTILINE)


def test_every_rule_that_is_shown_is_understood(repository: Path, tmp_path: Path) -> None:
    root = make_repository(tmp_path)
    file = root / "conf/pipeline/churn.yaml"
    gates, *_ = blocks(repository / "docs/gates.md", "yaml")
    file.write_text(file.read_text().split("gates:\n  - metric")[0] + COST + gates)
    found, shown = validate(root, ("churn",))
    assert [finding for finding in found if finding.severity == "error"] == [], shown


def test_the_example_of_a_pipeline_is_the_file(repository: Path) -> None:
    text = (repository / "README.md").read_text()
    shown = re.search(r"```yaml\n# conf/pipeline/rand_hie.yaml\n(.*?)```", text, re.DOTALL)
    assert shown is not None
    lines = (repository / "conf/pipeline/rand_hie.yaml").read_text().splitlines()
    assert [line for line in shown[1].splitlines() if line not in lines] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_verb_that_is_shown_takes_the_options_that_are_shown(repository: Path, page: str) -> None:
    shown = [*blocks(repository / page, "sh"), *blocks(repository / page, "console")]
    lines = [line.split("#")[0].removeprefix("$ ").split() for block in shown for line in block.splitlines()]
    for _, verb, *arguments in [line for line in lines if line[:1] == ["mlops"]]:
        known = CliRunner().invoke(cli, [verb, "--help"])
        assert known.exit_code == 0, verb
        assert [word for word in arguments if word.startswith("-") and word not in known.output] == [], verb


@pytest.mark.parametrize("page", PAGES)
def test_every_verb_that_a_sentence_names_is_one(repository: Path, page: str) -> None:
    named = set(re.findall(r"`mlops ([a-z]+)[ `]", (repository / page).read_text()))
    assert named - VERBS.keys() == set()


def test_the_readme_is_read_to_its_end(repository: Path) -> None:
    assert len((repository / "README.md").read_text().splitlines()) <= 120
