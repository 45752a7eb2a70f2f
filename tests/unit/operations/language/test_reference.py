"""conf/README.md: what it links to is there, each example is one, each kind is told."""

from __future__ import annotations

import re
from collections import Counter
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

import jsonschema
import pytest

from mlops.operations.language.examples import FILE, examples, written
from mlops.operations.language.kinds import SLICES
from mlops.operations.language.schema import FILES, schema
from mlops.operations.validate import validate
from tests.builders.quick_yaml import load
from tests.conftest import ROOT

PAGE = (ROOT / "conf/README.md").read_text()
BLOCKS = PAGE.split("\n## Kinds\n")[0]
EXAMPLES = re.findall(r"```yaml\n# (\S+)\n(.*?)```", PAGE, re.DOTALL)


@cache
def validator(kind: str) -> jsonschema.Draft202012Validator:
    """Give what takes a part of a file: an example leaves keys out that the whole must have."""
    return jsonschema.Draft202012Validator({key: rule for key, rule in schema(kind).items() if key != "required"})


@pytest.mark.parametrize(("path", "text"), EXAMPLES, ids=lambda part: part.splitlines()[0])
def test_each_example_is_what_an_editor_takes(path: str, text: str) -> None:
    (kind,) = (kind for kind, (place, _) in FILES.items() if fnmatchcase(path, place))
    validator(kind).validate(load(text))


def test_each_whole_file_is_what_an_editor_takes() -> None:
    for file in written(FILES):
        validator(file.kind).validate(file.value)


@pytest.mark.slow
def test_the_whole_files_hold_beside_each_other(tmp_path: Path) -> None:
    (tmp_path / ".dvc").mkdir()
    (tmp_path / ".dvc/config").write_text("[core]\n    remote = s3\n['remote \"s3\"']\n    url = s3://bucket/dvc\n")
    for text in FILE.read_text().split("---\n"):  # of a path that is there twice the last counts
        path = tmp_path / text.partition("\n")[0].removeprefix("# ")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("# @package _global_\n" * (path.parent.name == "pipeline") + text)
    missing, _ = validate(tmp_path)
    for finding in missing:
        path = tmp_path / finding.message.removeprefix("there is no file ")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            "def count(rows, days): ...\n\n\ndef Ensemble(members): ...\n\n\ndef build(units): ...\n"
            * (path.suffix == ".py")
        )
    assert {finding.rule for finding in missing} == {"missing-file"}
    found, shown = validate(tmp_path)
    assert [finding for finding in found if finding.severity == "error"] == [], shown


def test_under_each_heading_of_a_block_stands_one_example() -> None:
    parts = re.split(r"^#{2,3} (\w+)$", BLOCKS, flags=re.MULTILINE)[1:]
    assert [name for name, text in zip(parts[::2], parts[1::2], strict=True) if text.count("```yaml") != 1] == []


def test_its_links_lead_to_its_headings() -> None:
    seen: Counter[str] = Counter()
    places = set()
    for slug in map(str.lower, re.findall(r"^#{1,3} (\w+)$", PAGE, re.MULTILINE)):
        places.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
        seen[slug] += 1
    linked = set(re.findall(r"\]\(#([^)]+)\)", PAGE))
    assert linked - places == set()
    assert len(linked) > 80


def test_an_example_is_cut_where_its_block_stands() -> None:
    assert examples(FILES)["NullBudget"] == [
        "# conf/data/churn.yaml",
        "columns:",
        "  age:",
        "    nulls: {at_most: 0.05}",
    ]


def test_each_kind_is_told() -> None:
    told = dict(re.findall(r"^### (\w+)\n\n((?:\|.*\n)+)", PAGE.split("\n## Kinds\n")[1], re.MULTILINE))
    assert told.keys() == SLICES.keys()
    assert {name: re.findall(r"^\| `(\w+)`", table, re.MULTILINE) for name, table in told.items()} == {
        name: list(kinds) for name, kinds in SLICES.items()
    }


@pytest.mark.parametrize(
    "row",
    [
        "| `auroc` | Rank positives against negatives (ties count half): the chance that a positive scores higher. "
        "| `binary` | higher | 0 to 1 | `roc_auc`, `roc_auc_score` |  |",
        "| `missing` | A share of the values is missing. | any |  | above 0 to 1 | `0.1` |",
        "| `linear` | Logistic regression, or ridge regression of a number (scikit-learn). "
        "| `binary`, `multiclass`, `regression` | [Linear](#linear): `l2: 1.0` |",
        "| `robust` | Median 0 and quartiles 1 apart. | `features: {numeric: {scale: robust}}` |",
        "| `latency_p50` | Median seconds of a request of one row. | `metric: latency_p50` | lower |  |",
        "| `warnings` | How many checks of the data did not pass; those that block left no run to judge. "
        "| `data: warnings` | lower |  |",
    ],
    ids=lambda row: row.split("`")[1],
)
def test_what_is_told_of_a_kind(row: str) -> None:
    assert row in PAGE.splitlines()
