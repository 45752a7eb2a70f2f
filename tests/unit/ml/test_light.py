from __future__ import annotations

import ast
import importlib
import sys
from pathlib import Path

import pytest

from mlops.ml.light import without_pandas

NEW = "without_pandas_is_a_test"


def test_pandas_is_absent_for_an_import_and_there_again_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "pandas"]:
        monkeypatch.delitem(sys.modules, name)
    with without_pandas(), pytest.raises(ModuleNotFoundError):
        importlib.import_module("pandas")
    assert importlib.util.find_spec("pandas") is not None
    with pytest.raises(KeyError, match=NEW), without_pandas():
        raise KeyError(NEW)
    assert "pandas" not in sys.modules


def test_whoever_has_pandas_keeps_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", sys)
    with without_pandas():
        assert sys.modules["pandas"] is sys
    assert sys.modules["pandas"] is sys


def test_whatever_would_import_pandas_is_imported_without(repository: Path) -> None:
    heavy = {"sklearn", "skl2onnx", "estimators"}
    found = {path.name: unguarded(path, heavy) for path in (repository / "mlops").rglob("*.py")}
    assert {name for name, lines in found.items() if lines} == {
        "boosting.py",
        "estimators.py",
    }  # imported without, whole
    assert unguarded(Path(__file__), {"sys"}) != [], "nothing is seen"


def unguarded(path: Path, names: set[str]) -> list[int]:
    """Find imports of these outside of `with without_pandas()`."""
    text = path.read_text()
    if not any(name in text for name in names):
        return []
    tree = ast.parse(text)
    guards = [node for node in ast.walk(tree) if isinstance(node, ast.With) and "without_pandas" in ast.dump(node)]
    inside = {id(node) for guard in guards for node in ast.walk(guard)}
    return [node.lineno for node in ast.walk(tree) if id(node) not in inside and imported(node) & names]


def imported(node: ast.AST) -> set[str]:
    if isinstance(node, ast.Import):
        return {name.name.partition(".")[0] for name in node.names}
    if isinstance(node, ast.ImportFrom):
        return {(node.module or "").partition(".")[0], *(name.name for name in node.names)}
    return set()
