"""What a file of own code defines is read off its text: nothing runs, and what the text cannot tell is no finding."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops.configuration.own_names import defined, undefined
from mlops.diagnostics import Diagnostic, Position

PLACE = Position("conf/pipeline/churn.yaml", 7, 14, len('"pipelines.churn.rules:costs"'))
SOURCE = """\
import os
import numpy as np
from math import sqrt as root, pi

price: float = 1.0
low, (high, *rest) = 0, (1, 2)
if price:
    def cost(target, score): inner = 1
else:
    cost = None
try:
    class Kept: hidden = 1
except ImportError as error:
    fallback = 1
with open(os.devnull) as sink:
    pass
for each in ():
    last = each
(walrus := 3)
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "rules.py"
    file.write_text(text)
    return file


def test_what_stands_at_the_top_is_defined_and_what_stands_inside_is_not(tmp_path: Path) -> None:
    names = "os np root pi price low high rest cost Kept fallback sink each last walrus"
    assert defined(written(tmp_path, SOURCE)) == set(names.split())


@pytest.mark.parametrize(
    "text", ["def cost(:", "from math import *", "def __getattr__(name): ...", "x = '\x00'", "(" * 5000]
)
def test_where_the_text_does_not_tell_nothing_is_found(text: str, tmp_path: Path) -> None:
    assert undefined(written(tmp_path, text), "pipelines.churn.rules:costs", PLACE) == []
    assert undefined(tmp_path / "absent.py", "pipelines.churn.rules:costs", PLACE) == []


def test_nothing_runs(tmp_path: Path) -> None:
    file = written(tmp_path, f"open({str(tmp_path / 'ran')!r}, 'w')\ndef cost(): ...\n")
    assert defined(file) == {"cost"}
    assert not (tmp_path / "ran").exists()


def test_a_slip_of_the_pen_is_told_at_the_name(tmp_path: Path) -> None:
    file = written(tmp_path, "def cost(target, score): ...\n\n\ndef gain(target, score): ...\n")
    assert undefined(file, "pipelines.churn.rules:costs", PLACE) == [
        Diagnostic(
            Position("conf/pipeline/churn.yaml", 7, 37, 5),
            "rules.py defines no `costs`",
            "did you mean `cost`? it defines: cost, gain",
            "unknown-name",
        )
    ]
    assert undefined(written(tmp_path, ""), "pipelines.churn.rules:x", PLACE)[0].hint == "it defines: nothing"


@given(st.lists(st.from_regex(r"[a-z]{1,8}", fullmatch=True).map(lambda name: f"{name}_"), unique=True, max_size=6))
def test_every_function_of_a_file_may_be_named(names: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = written(Path(folder), "\n".join(f"def {name}(): ..." for name in names))
        assert [name for name in names if undefined(file, f"pipelines.churn.rules:{name}", PLACE)] == []
