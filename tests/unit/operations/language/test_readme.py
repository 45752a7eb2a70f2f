"""What the README shows is what the program takes."""

from __future__ import annotations

import re
from pathlib import Path

from click.testing import CliRunner

from mlops.cli.main import cli
from mlops.operations.validate import validate
from tests.builders.repositories import make_repository

COST = (
    "evaluate: {cost: {true_positive: 1, false_positive: -1, false_negative: -2, true_negative: 0}, slices: [plan]}\n"
)


def section(repository: Path, title: str, language: str) -> list[str]:
    text = (repository / "README.md").read_text().split(f"## {title}\n", 1)[1].split("\n## ", 1)[0]
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def test_every_rule_that_is_shown_is_understood(repository: Path, tmp_path: Path) -> None:
    root = make_repository(tmp_path)
    file = root / "conf/pipeline/churn.yaml"
    (gates,) = section(repository, "What a gate may ask", "yaml")
    file.write_text(file.read_text().split("gates:\n  - metric")[0] + COST + gates)
    found, shown = validate(root, ("churn",))
    assert [finding for finding in found if finding.severity == "error"] == [], shown


def test_the_example_of_a_pipeline_is_the_file(repository: Path) -> None:
    text = (repository / "README.md").read_text()
    shown = re.search(r"```yaml\n# conf/pipeline/rand_hie.yaml\n(.*?)```", text, re.DOTALL)
    assert shown is not None
    lines = (repository / "conf/pipeline/rand_hie.yaml").read_text().splitlines()
    assert [line for line in shown[1].splitlines() if line not in lines] == []


def test_every_verb_that_is_shown_takes_the_options_that_are_shown(repository: Path) -> None:
    blocks = re.findall(r"```sh\n(.*?)```", (repository / "README.md").read_text(), re.DOTALL)
    lines = [line.split("#")[0].split() for block in blocks for line in block.splitlines() if line.startswith("mlops ")]
    assert len(lines) > 10
    for _, verb, *arguments in lines:
        known = CliRunner().invoke(cli, [verb, "--help"])
        assert known.exit_code == 0, verb
        assert [word for word in arguments if word.startswith("-") and word not in known.output] == [], verb
