"""Whatever could name code, in every position and every spelling: refused with 4, before anything is imported.

The grid is the whole product: a spelling that is harmless in one position may be read in another.
"""

from __future__ import annotations

import builtins
import sys
from pathlib import Path
from typing import Any

import pytest

from mlops.cli.main import run
from mlops.operations.validate import validate
from tests.builders.repositories import make_repository

KEYS = ("_target_", "_partial_", "_args_", "_convert_", "_recursive_", "_execution_whitelist_", "()")
SPELLINGS = {
    "plain": "{0}",
    "single quotes": "'{0}'",
    "double quotes": '"{0}"',
    "hexadecimal escapes": '"{1}"',
    "unicode escapes": '"{2}"',
    "explicit key": "? {0}\n",
    "anchor": "&anchor {0}",
    "tag": "!!str {0}",
    "folded over lines": '"{3}\\\n      {4}"',
}
VALUES = ("victim.run", "[victim.run]", "{{a: victim.run}}", "${{task}}", "true")
POSITIONS = {  # `@` stands for `key: value`
    "top": "\n@",
    "block": "\ntrainer:\n  @",
    "flow": "\ntrainer: {max_epochs: 3, @}",
    "deep": "\nevaluate:\n  bootstrap:\n    @",
    "candidate": "\nmodel:\n  mlp:\n    @",
    "argument of a candidate": "\nmodel:\n  mlp:\n    optimizer:\n      @",
    "list": "\ngates:\n  - @",
    "list in flow": "\ngates: [{metric: auroc, at_least: 0.7}, {@}]",
    "list in a list": "\nevaluate:\n  slices:\n    - - @",
    "under an interpolated key": "\nselect_by: ${trainer}\ntrainer:\n  @",
    "under a key that is an interpolation": '\ntrainer:\n  "${task}":\n    @',
    "by an alias": "\nevaluate: &e\n  @\ntrainer: *e",
}
HYDRA = (
    "hydra: {searchpath: [file:///tmp]}",
    "hydra:\n  callbacks: {x: {_target_: victim.Callback}}",
    "hydra: {callbacks: {x: {kind: victim}}}",
    "hydra: {launcher: {kind: victim}}",
    "hydra: {sweeper: {kind: victim}}",
    "hydra: {job_logging: {handlers: {x: {(): victim.run}}}}",
    "hydra: {run: {dir: /tmp}}",
    '"hydra": {mode: MULTIRUN}',
    '"\\x68ydra": {searchpath: [pkg://victim]}',
)
DEFAULTS = (
    "/hydra/launcher: victim",
    "override /hydra/launcher: victim",
    "override hydra/sweeper: victim",
    "override /hydra/job_logging: victim",
    "hydra/callbacks: victim",
    "/model@hydra.callbacks: mlp",
    "/model@_target_: mlp",
    "/model@trainer._target_: mlp",
    "/model: _target_",
    "/model: {_target_: victim.run}",
    "/model: [{_target_: victim.run}]",
    "/model: [mlp, '../../victim']",
    "optional /model: victim",
    "_target_: victim.run",
    "/data@_global_.hydra: churn",
    "/model: ${task}",
)


def spelt(spelling: str, key: str) -> str:
    escaped = ("".join(f"{mark}{ord(c):0{width}x}" for c in key) for mark, width in (("\\x", 2), ("\\u", 4)))
    return spelling.format(key, *escaped, key[:1], key[1:])


def cases() -> list[Any]:
    return [
        pytest.param(position, spelling, id=f"{place}-{name}")
        for place, position in POSITIONS.items()
        for name, spelling in SPELLINGS.items()
    ]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a repository with a module that tells when it is imported, and import what any validation does."""
    root = make_repository(tmp_path_factory.mktemp("grid"))
    (root / "victim.py").write_text("raise SystemExit('imported')\n")
    assert validate(root)[0] == ()
    for wrong in ("_x_: 1", "model: {mlp: {kind: mlp, x: 1}}\nx: 1"):
        (root / "conf/pipeline/wrong.yaml").write_text(f"# @package _global_\n{wrong}\n")
        assert validate(root)[0]
    (root / "conf/pipeline/wrong.yaml").unlink()
    return root


def refuse(root: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hold a pipeline to being refused at a place that people edit, with nothing imported."""
    monkeypatch.chdir(root)
    monkeypatch.setattr(sys, "path", [str(root), *sys.path])
    file = root / "conf/pipeline/churn.yaml"
    before, modules = file.read_text(), set(sys.modules)
    asked: list[str] = []
    original = builtins.__import__

    def noting(name: str, *arguments: Any, **named: Any) -> Any:
        asked.append(name)
        return original(name, *arguments, **named)

    monkeypatch.setattr(builtins, "__import__", noting)
    file.write_text(text)
    try:
        found, printed = validate(root)
        code = run(["validate"])
    finally:
        file.write_text(before)
    assert code == 4, text
    assert found
    assert all(diagnostic.position.file.startswith("conf/") for diagnostic in found), printed
    new = {name for name in set(sys.modules) - modules if not name.startswith("mlops.")}
    assert new == set(), text
    assert not [name for name in asked if name.startswith(("victim", "hydra", "omegaconf"))], text


@pytest.mark.slow
@pytest.mark.parametrize(("position", "spelling"), cases())
def test_a_key_that_could_name_code_is_refused(
    root: Path, position: str, spelling: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    base = (root / "conf/pipeline/churn.yaml").read_text().split("\ngates:")[0]
    indent = position.split("@", maxsplit=1)[0].rpartition("\n")[2]
    for number, key in enumerate(KEYS):
        value = VALUES[number % len(VALUES)].format()
        written = spelt(spelling, key)
        explicit = written.startswith("?")
        if explicit and "@}" in position:  # an explicit key in a flow mapping stays on its line
            pair = f"{written.strip()} : {value}"
        elif explicit:
            pair = f"{written}{' ' * len(indent)}: {value}"
        else:
            pair = f"{written}: {value}"
        text = base + position.replace("@", pair) + "\n"
        refuse(root, text, monkeypatch)
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("written", HYDRA)
def test_hydra_cannot_be_configured(root: Path, written: str, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(root, (root / "conf/pipeline/churn.yaml").read_text() + written + "\n", monkeypatch)


@pytest.mark.parametrize("entry", DEFAULTS)
def test_an_entry_of_the_defaults_cannot_reach_code(root: Path, entry: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (root / "conf/pipeline/churn.yaml").read_text()
    refuse(root, text.replace("  - _self_", f"  - {entry}\n  - _self_"), monkeypatch)


@pytest.mark.parametrize("argument", ["_target_=victim.run", "hydra.searchpath=[/tmp]", "+model._target_=victim", "()"])
def test_the_command_line_takes_names_and_no_overrides(
    root: Path, argument: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(root)
    assert run(["validate", argument]) == 4
    assert "is not the name of a pipeline" in capsys.readouterr().err


def test_the_same_pipeline_without_any_of_this_holds(root: Path) -> None:
    assert validate(root)[0] == ()
