"""What messages, docstrings and pages tell to type is there: each verb, and each of its options."""

from __future__ import annotations

import re
from collections import defaultdict

import pytest
from click.testing import CliRunner

from mlops.cli.main import VERBS, cli
from tests.builders.pages import pages
from tests.conftest import ROOT

_TYPED = re.compile(r"\bmlops ([a-z]+)((?: [\w{}./|:-]+)*)")
_SURE = re.compile(r"(?:`|hint: |hint=f?\"|type )mlops ([a-z]+)\b")
"""Where a verb follows and no word of a sentence: "mlops reads"."""


def places() -> dict[str, str]:
    sources = {str(path.relative_to(ROOT)): path.read_text() for path in sorted((ROOT / "mlops").rglob("*.py"))}
    return sources | {page: (ROOT / page).read_text() for page in pages()}


@pytest.fixture(scope="module")
def told() -> dict[str, dict[str, set[str]]]:
    """Where each option of each verb is told."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for place, text in places().items():
        for verb, words in _TYPED.findall(text):
            for option in re.findall(r"(?<!\S)--[a-z-]+", words) if verb in VERBS else ():
                found[verb][option].add(place)
    return found


def test_each_verb_that_is_told_is_one() -> None:
    named = {(verb, place) for place, text in places().items() for verb in _SURE.findall(text)}
    assert {(verb, place) for verb, place in named if verb not in VERBS} == set()
    assert len({verb for verb, _ in named}) > 20


def test_each_option_that_is_told_is_its_verbs(told: dict[str, dict[str, set[str]]]) -> None:
    for verb, options in told.items():
        known = CliRunner().invoke(cli, [verb, "--help"]).output
        assert {option: where for option, where in options.items() if option not in known} == {}, verb
    assert sum(map(len, told.values())) > 30
