"""CHANGELOG.md by version: what is not released yet stands on top, and the newest version is this one."""

from __future__ import annotations

import re

from packaging.version import Version

from mlops import __version__
from tests.conftest import ROOT

HEADINGS = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)


def test_the_newest_version_is_that_of_the_program() -> None:
    first, newest, *_ = HEADINGS
    assert first == "Unreleased"
    released, _, _ = newest.partition(" ")
    developed = Version(__version__)
    assert Version(released) == developed or (developed.is_devrelease and Version(released) < developed)


def test_each_version_stands_there_once_with_its_day() -> None:
    for heading in HEADINGS[1:]:
        assert re.fullmatch(r"\d+\.\d+\.\d+ \(20\d\d-\d\d-\d\d\)", heading)
    assert len(set(HEADINGS)) == len(HEADINGS)
