"""Malicious folders: `malicious/<case>` is refused with `out.txt`; nothing is written, nothing imported.

A case holds the files a hostile pull request would change; `links.txt` its symbolic links, `pipelines.txt` names given
on the command line. `make golden` rewrites what is expected.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlops.cli.main import run
from mlops.errors import ConfigurationError
from mlops.operations.compiling.compile import compile_files
from mlops.operations.validate import validate
from mlops.operations.workspace import open_workspace
from tests.golden.test_golden import HERE, overlay

CASES = sorted(path.name for path in (HERE / "malicious").iterdir())


def attacked(case: Path, folder: Path) -> tuple[Path, tuple[str, ...]]:
    """Build the repository as the pull request leaves it."""
    overlay(case, folder)
    for source, target in _links(case):
        place = folder / source
        shutil.rmtree(place, ignore_errors=True)
        place.unlink(missing_ok=True)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(target)
        if target == ".github":  # the folder a link is to lead to, with what the pipeline needs in it
            shutil.copytree(HERE / "base" / "pipelines" / "churn", folder / "pipelines" / target)
    names = case / "pipelines.txt"
    return folder, (names.read_text().removesuffix("\n").replace("\\n", "\n"),) if names.is_file() else ()


def _links(case: Path) -> Iterator[tuple[str, str]]:
    if (case / "links.txt").is_file():
        for line in (case / "links.txt").read_text().splitlines():
            source, _, target = line.partition(" -> ")
            yield source, target


def everything(folder: Path) -> dict[str, str | bytes]:
    """Read a repository but for its cache, which holds digests of the framework's own code and may be removed."""
    found: dict[str, str | bytes] = {}
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(parent) / name
            place = path.relative_to(folder).as_posix()
            if place.startswith(".mlops/cache"):
                continue
            if path.is_symlink():
                found[place] = f"-> {path.readlink()}"
            elif path.is_file():
                found[place] = path.read_bytes()
    return found


@pytest.fixture(scope="module", autouse=True)
def imported(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Import what any validation imports, so that a difference is the attack's."""
    folder = tmp_path_factory.mktemp("warm")
    validate(overlay(HERE / "base", folder))
    validate(overlay(HERE / "err" / "several-problems", folder))


@pytest.mark.parametrize("name", CASES)
def test_is_refused_without_effect(name: str, tmp_path: Path, update: bool) -> None:
    root, names = attacked(HERE / "malicious" / name, tmp_path)
    before, modules = everything(root), set(sys.modules)
    found, text = validate(root, names)
    assert {module for module in set(sys.modules) - modules if not module.startswith(("mlops.", "encodings"))} == set()
    expected = HERE / "malicious" / name / "out.txt"
    if update:
        expected.write_text(text + "\n")
    assert any(diagnostic.severity == "error" for diagnostic in found), text
    assert text + "\n" == expected.read_text()
    with pytest.raises(ConfigurationError) as caught:
        compile_files(open_workspace(root, names))
    assert caught.value.exit_code == 4
    assert everything(root) == before, "something was written"


@pytest.mark.parametrize("name", CASES[::6])
def test_the_command_line_ends_with_4(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root, names = attacked(HERE / "malicious" / name, tmp_path)
    monkeypatch.chdir(root)
    assert run(["validate", *names]) == 4
    assert "Traceback" not in capsys.readouterr().err
    assert not names or run(["compile"]) in (0, 4)
