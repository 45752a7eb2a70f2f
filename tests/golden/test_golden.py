"""Golden folders: `ok/<case>` compiles to `ok/<case>/out/`, `err/<case>` is refused with `err/<case>/out.txt`.

A case holds only the files that differ from `base/`. `make golden` rewrites what is expected.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mlops.compiler.files import render
from mlops.compiler.lower.inputs import Facts
from mlops.compiler.lower.project import lower
from mlops.configuration.load import load_pipeline, load_policy, load_project, names
from mlops.configuration.reading.library import Configuration
from mlops.operations.declared.teams import owned
from mlops.operations.validate import validate

HERE = Path(__file__).parent
OK = sorted(path.name for path in (HERE / "ok").iterdir())
ERR = sorted(path.name for path in (HERE / "err").iterdir())


def overlay(case: Path, folder: Path) -> Path:
    shutil.copytree(HERE / "base", folder, dirs_exist_ok=True)
    for part in ("conf", "pipelines", ".dvc"):
        if (case / part).is_dir():
            shutil.copytree(case / part, folder / part, dirs_exist_ok=True)
    return folder


def tree(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes().decode(errors="replace")
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize("name", OK)
def test_compiles_to_the_expected_files(name: str, tmp_path: Path, update: bool) -> None:
    configuration = Configuration(overlay(HERE / "ok" / name, tmp_path))
    project, problems = load_project(configuration)
    assert project is not None, problems
    policy, problems = load_policy(configuration)
    assert policy is not None, problems
    pipelines = {}
    sources = {}
    for pipeline in names(configuration):
        loaded, problems = load_pipeline(configuration, pipeline)
        assert loaded is not None, problems
        loaded, problems = owned(policy, loaded)
        assert problems == ()
        pipelines[pipeline] = loaded.spec
        sources[pipeline] = loaded.layers[-1].document.file
    facts = Facts(code={"train": "0123456789abcdef"}, libraries={"train": {"torch": "2.13.0"}}, sources=sources)
    files = render(lower(project, pipelines, facts, policy))
    out = HERE / "ok" / name / "out"
    if update:
        shutil.rmtree(out, ignore_errors=True)
        for path, text in files.items():
            (out / path).parent.mkdir(parents=True, exist_ok=True)
            (out / path).write_text(text)
    assert files == tree(out)


@pytest.mark.parametrize("name", ERR)
def test_is_refused_in_the_expected_words(name: str, tmp_path: Path, update: bool) -> None:
    before = tree(overlay(HERE / "err" / name, tmp_path))
    found, text = validate(tmp_path)
    expected = HERE / "err" / name / "out.txt"
    if update:
        expected.write_text(text + "\n")
    assert found
    assert text + "\n" == expected.read_text()
    after = {path: text for path, text in tree(tmp_path).items() if not path.startswith(".mlops/cache/")}
    assert after == before, "validate wrote something"
