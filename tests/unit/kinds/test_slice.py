"""Slices: a folder's files declare kinds, and no list repeats them."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from mlops.blocks.block import Block
from mlops.kinds.kind import OURS, Kind, of_block, of_plugin
from mlops.kinds.slice import Slice
from mlops.models.linear import Linear

KIND = (
    "from mlops.kinds.kind import Kind\nKIND = Kind({name!r}, {page!r}, __name__, functions={{'train': 're:escape'}})\n"
)


def folder(path: Path, monkeypatch: pytest.MonkeyPatch, **files: str) -> Slice[Kind]:
    """Make `mlops.<name of the path>`, a slice of these files."""
    path.mkdir()
    for name, text in files.items():
        (path / f"{name}.py").write_text(text)
    import mlops

    monkeypatch.setattr(mlops, "__path__", [*mlops.__path__, str(path.parent)])
    return Slice[Kind](path.name, "toy", partial(of_plugin, role="train", base=Block))


def test_every_file_of_a_folder_declares_its_kinds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    toys = folder(
        tmp_path / "toys_two",
        monkeypatch,
        a=KIND.format(name="top", page="Turns.\nLong.")
        + KIND.format(name="ball", page="Rolls.").replace("KIND =", "B ="),
        z=KIND.format(name="doll", page="Sits."),
        helper="from mlops.toys_two.a import KIND\n",
        __init__="",
    )
    assert list(toys) == ["ball", "doll", "top"]
    top = toys["top"]
    assert (top.title, top.module, top.package) == ("Turns.", "mlops.toys_two.a", OURS)
    assert top.load("train")("a.b") == r"a\.b"


def test_a_name_that_two_files_declare_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = KIND.format(name="top", page="Turns.")
    toys = folder(tmp_path / "toys_one", monkeypatch, a=text, z=text, __init__="")
    with pytest.raises(ValueError, match=r"^mlops\.toys_one\.a and mlops\.toys_one\.z both declare the kind top$"):
        len(toys)


def test_a_block_names_its_kind_and_tells_what_it_is() -> None:
    kind = of_block(Linear, {"train": "re:escape"}, tasks="binary regression")
    assert kind == Kind(
        "linear",
        "Logistic regression, or ridge regression of a number (scikit-learn).",
        "mlops.models.linear",
        Linear,
        {"train": "re:escape"},
        {"tasks": ("binary", "regression")},
    )
