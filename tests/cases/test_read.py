"""Tables as strangers have them: what `mlops new` makes of each, and what it says."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from mlops.operations.language.new import create

CASES = Path(__file__).parent


class Looked:
    """What `mlops new` wrote of a file, and said."""

    def __init__(self, root: Path, file: Path, target: str = "y") -> None:
        (root / "conf").mkdir(parents=True, exist_ok=True)
        self.notes = create(root, "p", file, target).notes
        data = yaml.safe_load((root / "conf/data/p.yaml").read_text(encoding="utf-8"))
        self.source = {key: value for key, value in data["source"].items() if key not in ("kind", "path")}
        self.types = {column: rule["type"] for column, rule in data["columns"].items()}
        self.keys = data.get("keys", [])
        self.out = {column: reason for reason, columns in data.get("exclude", {}).items() for column in columns}

    def said(self, part: str) -> str:
        """Give the one note that has a part of a sentence."""
        (note,) = [note for note in self.notes if part in note]
        return note


@pytest.fixture
def look(tmp_path):
    return lambda name, target="y": Looked(tmp_path / Path(name).stem, CASES / name, target)


def test_a_field_longer_than_pythons_limit_is_read(tmp_path):
    rows = [f"{index},{'x' * 140_000 if index == 7 else 'short'},{index % 2}" for index in range(60)]
    (tmp_path / "a.csv").write_text("\n".join(["a,note,y", *rows]) + "\n")
    assert Looked(tmp_path, tmp_path / "a.csv").types == {"a": "int", "note": "category", "y": "int"}


def test_lines_that_end_in_a_carriage_return_alone_are_lines(look):
    found = look("11-carriage-return-only/cr.csv")
    assert (found.types, found.source) == ({"a": "float", "b": "int", "c": "category", "y": "int"}, {})
