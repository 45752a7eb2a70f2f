"""Whatever a file of at most 1 MiB holds, answering is bounded work, and the answer is short."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from mlops.operations.validate import validate
from tests.builders.repositories import make_repository
from tests.builders.work import calls, processor_time

CALLS = 3_000_000  # of functions: what Python does, about two seconds on a machine of 2020
TIMES = 300  # the work of a harmless repository: this bounds regular expressions and the like, which count as one call
BOUND = 1 << 20
DOUBLED = "".join(f"k{index}: ${{k{index + 1}}}${{k{index + 1}}}\n" for index in range(40)) + "k40: xxxxxxxx\n"
HOSTILE = {
    "brackets": "[" * BOUND,
    "keys that are numbers": "".join(f"{index}: 1\n" for index in range(90_000)),
    "keys that are lists": "? [a]\n: 1\n" * 90_000,
    "one key": "a: 1\n" * 180_000,
    "keys that name code": "".join(f"_a{index}_: 1\n" for index in range(80_000)),
    "words that are ambiguous": "a: [" + "no, " * 90_000 + "no]\n",
    "resolvers": "a: [" + '"${oc.env:A}", ' * 60_000 + "1]\n",
    "open references": 'a: "' + "${" * 300_000 + '"\n',
    "anchors": "a: [" + ", ".join(f"&a{index} x" for index in range(90_000)) + "]\n",
    "aliases": "a: &a x\nb: [" + "*a, " * 90_000 + "1]\n",
    "a long text": "a: " + "x" * 1_000_000 + "\n",
    "escapes": 'a: "' + "\\x41" * 260_000 + '"\n',
    "comments": "#\n" * 500_000 + "a: 1\n",
    "tabs": "\t" * BOUND,
    "digits": "a: " + "1" * 1_000_000,
    "base 60": "a: " + "1:" * 400_000 + "1\n",
    "underscores": "a: " + "1_" * 400_000 + "x\n",
    "candidates": "model:\n" + "".join(f"  m{index}: {{kind: x{index}}}\n" for index in range(20_000)),
    "unknown options": "defaults:\n" + "".join(f"  - /model: x{index}\n" for index in range(30_000)),
    "gates": "gates:\n" + "".join(f"  - {{metric: m{index}, at_least: 0.5}}\n" for index in range(12_000)),
    "a chain of references": "".join(f"k{index}: ${{k{index + 1}}}\n" for index in range(20_000)) + "k20000: 1\n",
    "many references": "a: " + "${task}" * 100_000 + "\n",
    "references that double": DOUBLED,
    "references that double for Hydra": DOUBLED.replace("${", "${ "),
    "lists by reference": "x: [1, 2, 3]\na: [" + '"${x}", ' * 20_000 + "1]\n",
}


def answer(root: Path) -> tuple[Any, ...]:
    """Validate as for the first time; give the findings and the text of them."""
    shutil.rmtree(root / ".mlops", ignore_errors=True)
    return validate(root)


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_with_bounded_work(name: str, tmp_path: Path) -> None:
    root = make_repository(tmp_path)
    harmless = min(processor_time(lambda: answer(root)) for _ in range(5))
    (root / "conf/pipeline/churn.yaml").write_text(("# @package _global_\n" + HOSTILE[name])[:BOUND])
    found, text = answer(root)
    assert found
    assert len(text) < 100_000
    assert calls(lambda: answer(root)) < CALLS
    # a busy machine can only add to a measurement: one of a few is enough
    assert any(processor_time(lambda: answer(root)) < TIMES * harmless for _ in range(5))


@pytest.mark.parametrize("opening", ["${", "${ "])
def test_references_that_double_are_refused_here_and_never_reach_hydra(opening: str, tmp_path: Path) -> None:
    root = make_repository(tmp_path)
    written = "# @package _global_\n" + DOUBLED.replace("${", opening)
    (root / "conf/pipeline/churn.yaml").write_text(written)
    (found,) = validate(root)[0]
    assert (found.rule, found.message) == (
        "yaml-size",
        "references are circular, or expand to more than 100,000 values",
    )


def test_a_file_with_a_hundred_faults_and_more_tells_a_hundred(tmp_path: Path) -> None:
    root = make_repository(tmp_path)
    (root / "conf/pipeline/churn.yaml").write_text("# @package _global_\na: [" + "no, " * 150 + "no]\n")
    found, _ = validate(root)
    assert [diagnostic.rule for diagnostic in found] == ["yaml-ambiguous"] * 100
