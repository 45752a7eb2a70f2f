from __future__ import annotations

from pathlib import Path

import pytest

from mlops.operations.digests.code import STAGES, fingerprints, spelling

SOURCE = '''
"""A module."""
from __future__ import annotations
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    import torch

def scale(x: float) -> float:
    """Double."""
    return x * 2  # twice
'''


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("# twice", "# two times"),
        ("Double.", "Twice as much."),
        ("    import torch", "    import numpy"),
        ("\ndef", "\n\n\ndef"),
    ],
)
def test_a_change_that_cannot_matter_keeps_the_spelling(before: str, after: str) -> None:
    assert before in SOURCE
    assert spelling(SOURCE.replace(before, after)) == spelling(SOURCE)


@pytest.mark.parametrize(
    ("before", "after"), [("x * 2", "x * 3"), ("x * 2", "2 * x"), ("float:", "int:"), ("scale", "grow")]
)
def test_a_change_that_can_matter_changes_it(before: str, after: str) -> None:
    assert before in SOURCE
    assert spelling(SOURCE.replace(before, after)) != spelling(SOURCE)


def test_every_stage_has_a_digest_of_its_own_code(tmp_path: Path) -> None:
    code, libraries = fingerprints(tmp_path)
    assert set(code) == set(libraries) == set(STAGES)
    assert len(set(code.values())) == len(STAGES)


def test_libraries_are_the_pinned_ones_that_the_code_imports(tmp_path: Path) -> None:
    (tmp_path / "constraints.txt").write_text("# pins\ntorch==2.13.0\npolars==2.1.0\nclick==8.5.1\nnot-used==1\n")
    _, libraries = fingerprints(tmp_path)
    assert libraries["split"] == {"polars": "2.1.0"}
    assert libraries["train"]["torch"] == "2.13.0"
    assert all("click" not in pins and "not-used" not in pins for pins in libraries.values())
