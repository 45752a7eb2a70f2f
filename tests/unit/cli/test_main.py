from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

from mlops.cli.main import VERBS, module_of, run
from tests.builders.repositories import make_repository, record

HEAVY = {
    "torch",
    "pytorch_lightning",
    "mlflow",
    "pandera",
    "sklearn",
    "polars",
    "numpy",
    "pandas",
    "onnx",
    "matplotlib",
    "dvc",
}


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help_and_no_summary_but_that_of_the_list(verb: str) -> None:
    command = importlib.import_module(module_of(verb)).command
    assert isinstance(command, click.Command)
    assert command.help
    assert (command.short_help, bool(VERBS[verb])) == (None, True)


def test_help_lists_the_verbs_a_person_types(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    shown = capsys.readouterr().out
    assert [line.split()[0] for line in shown.split("Verbs:\n")[1].splitlines()] == [
        verb for verb in VERBS if verb != "stage"
    ]


def test_an_unknown_verb_is_refused_with_the_nearest_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["complie"]) == 4
    assert "unknown verb `complie`. did you mean `compile`?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["data", "churn"], "unknown verb `data churn`. did you mean `mlops data diff churn`?"),
        (["data", "dif", "churn"], "unknown verb `data dif`. did you mean `mlops data diff churn`?"),
        (
            ["plan", "-o", "jsn"],
            "Invalid value for '-o' / '--output': `jsn` is none of its words. did you mean `json`? "
            "also there: md, text",
        ),
    ],
    ids=["a pipeline where a verb belongs", "a slip in the second verb", "a slip in a choice"],
)
def test_a_word_that_is_none_is_refused_with_the_one_that_is_meant(words, said, capsys) -> None:
    assert run(words) == 4
    assert capsys.readouterr().err.splitlines()[-1] == f"Error: {said}"


def test_outside_of_a_repository_the_message_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["compile"]) == 4
    assert capsys.readouterr().err == (
        f"{tmp_path}: no `conf/project.yaml` here or above\n"
        "hint: change to the folder of the repository, or begin one: mlops init\n"
    )


def test_a_smoke_run_of_a_plan_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["run", "churn", "--smoke", "--plan", "plan.json"]) == 4
    assert "--smoke and --plan cannot be used together: leave one out" in capsys.readouterr().err


REFUSED = {
    ("--stage", "train", "--smoke"): "one stage is run by itself: leave out --smoke or --stage",
    ("--stage", "train", "--plan", "plan.json"): "one stage is run by itself: leave out --plan or --stage",
    ("other", "--stage", "train"): "--stage is for one pipeline: name one",
    ("other", "--smoke"): "--smoke is for one pipeline: name one",
}


@pytest.mark.parametrize(("words", "said"), REFUSED.items())
def test_options_of_a_run_that_do_not_go_together_are_refused(
    words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["run", "churn", *words]) == 4
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("name", ["../x", "a/b", "-x", "UPPER", "x" * 65, ".."])
def test_a_hostile_name_is_refused_and_nothing_is_written(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = make_repository(tmp_path)
    before = sorted(root.rglob("*"))
    monkeypatch.chdir(root)
    assert run(["run", "--", name]) == 4
    assert "Traceback" not in capsys.readouterr().err
    assert sorted(root.rglob("*")) == before


def python(code: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    values = {**os.environ, **environment}
    return subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False, env=values
    )


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [["--help"], ["validate"], ["compile", "--check"], ["plan"], ["verify"]])
def test_deciding_imports_no_learning_library(arguments: list[str], tmp_path: Path) -> None:
    record(make_repository(tmp_path))
    run_it = f"import sys; from mlops.cli.main import run; run({arguments})"
    done = python(f"{run_it}; print('HEAVY', sorted({HEAVY} & set(sys.modules)))", tmp_path)
    assert "HEAVY []" in done.stdout, done.stdout + done.stderr


def test_help_imports_neither_pydantic_nor_yaml(tmp_path: Path) -> None:
    names = {"pydantic", "yaml", "hydra", "rich"}
    code = f"import sys; from mlops.cli.main import run; run(['--help']); print(sorted({names} & set(sys.modules)))"
    assert python(code, tmp_path).stdout.endswith("[]\n")


def test_a_stage_is_begun_without_the_configuration_that_it_was_compiled_from(tmp_path: Path) -> None:
    """Nine of them begin in a run, each in a process of its own."""
    code = (
        "import sys, mlops.cli.stage, mlops.operations.processes.stage; "
        "print([name for name in sys.modules if name.startswith(('mlops.configuration', 'mlops.compiler'))])"
    )
    assert python(code, tmp_path).stdout == "[]\n"


AUDIT = """
import sys
seen = []
def hook(event, args):
    if event in ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn") or event.startswith("socket."):
        seen.append(event)
    if event == "open" and isinstance(args[1], str) and any(flag in args[1] for flag in "wax+"):
        if "/.mlops/cache/" not in str(args[0]):
            seen.append(f"write {args[0]}")
    if event == "import" and args[0].startswith("pipelines"):
        seen.append(f"import {args[0]}")
from mlops.cli.main import run
sys.dont_write_bytecode = True
sys.addaudithook(hook)
code = run(ARGUMENTS)
print("SEEN", code, seen)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments", [["validate"], ["compile", "--check"], ["plan"], ["render", "churn"], ["explain", "churn", "model"]]
)
def test_deciding_runs_nothing_calls_nobody_and_writes_nothing(arguments: list[str], tmp_path: Path) -> None:
    record(make_repository(tmp_path))
    done = python(AUDIT.replace("ARGUMENTS", repr(arguments)), tmp_path, AWS_SECRET_ACCESS_KEY="canary-9f3a")
    assert done.stdout.splitlines()[-1] == "SEEN 0 []", done.stdout + done.stderr
    assert "canary" not in done.stdout


@pytest.mark.slow
def test_compiling_gives_the_same_bytes_whatever_surrounds_it(tmp_path: Path) -> None:
    results = set()
    for index, settings in enumerate(
        [
            {"PYTHONHASHSEED": "1", "TZ": "UTC", "LC_ALL": "C"},
            {"PYTHONHASHSEED": "2", "TZ": "Asia/Tokyo", "LC_ALL": "C.UTF-8", "HOME": "/nowhere", "USER": "somebody"},
        ]
    ):
        folder = tmp_path / f"folder {index}"
        make_repository(folder)
        done = python("from mlops.cli.main import run; raise SystemExit(run(['compile']))", folder, **settings)
        assert done.returncode == 0, done.stderr
        names = done.stdout.splitlines()
        assert names
        results.add(json.dumps({name: (folder / name).read_text() for name in names}))
    assert len(results) == 1


def test_a_reader_that_has_read_enough_is_no_defect(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mlops", "explain", "yaml-ambiguous"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as done:
        assert done.stdout is not None
        done.stdout.close()
        assert (done.wait(), done.stderr.read() if done.stderr else None) == (0, b"")
