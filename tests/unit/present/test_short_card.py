"""A card in a registry: what nobody said is left out, and what does not fit is cut where a line ends."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

from mlops.present.card import short as module
from mlops.present.card.short import described, short
from tests.conftest import ROOT

CARDS = sorted(ROOT.glob("pipelines/*/reports/card.md"))


def test_examples_are_true() -> None:
    failed, tried = doctest.testmod(module)
    assert (failed, tried > 0) == (0, True)


@pytest.mark.parametrize("path", CARDS, ids=lambda path: path.parts[-3])
def test_a_real_card_is_short_and_asks_nothing(path: Path) -> None:
    card = path.read_text()
    told = short(card, 5000)
    assert len(told) <= 5000
    assert "write `card:" not in told
    assert described(told) == described(card) != ""


def test_a_long_card_ends_with_a_whole_line_and_says_where_the_rest_is() -> None:
    card = "# Model card: a\n\n## Details\n\n" + "".join(f"- line {at:03}\n" for at in range(40)) + "\n## Uses\n\n- b\n"
    told = short(card, 200)
    assert len(told) <= 200
    *lines, empty, rest = told.splitlines()
    assert (empty, rest) == ("", "The rest is in `card.md`.")
    assert lines == card.splitlines()[: len(lines)]


def test_a_heading_of_nothing_is_left_out_where_it_is_cut() -> None:
    card = "# Model card: a\n\n## Details\n\n- one\n\n## Uses\n\n- " + "two " * 100 + "\n"
    assert short(card, 100) == "# Model card: a\n\n## Details\n\n- one\n\nThe rest is in `card.md`.\n"


def test_what_nobody_described_is_not_described() -> None:
    assert described("- Description: missing\n") == ""
