"""Every verb that prints a result prints it as JSON too, and every verb can be quiet."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from mlops.cli.main import VERBS, cli, run
from mlops.cli.options import _QUIET, say
from mlops.cli.run import _show, command
from mlops.documents.created import Created
from mlops.documents.schema_files import SchemaDifferences, SchemaFiles
from mlops.operations.running.run import reproduce_aside, reproduce_unseen
from mlops.operations.verdicts.gate import Verdict
from tests.builders.repositories import make_repository

WITHOUT = {"stage": "DVC calls it"}


def commands() -> Iterator[tuple[str, click.Command]]:
    for verb in VERBS:
        command = cli.get_command(click.Context(cli), verb)
        assert command is not None
        parts = command.commands.values() if isinstance(command, click.Group) else [command]
        yield from ((verb, part) for part in parts)


def formats(command: click.Command) -> list[str]:
    return [
        form
        for parameter in command.params
        if "-o" in parameter.opts and isinstance(parameter.type, click.Choice)
        for form in parameter.type.choices
    ]


def test_every_verb_with_a_result_has_json_and_the_others_say_why_not() -> None:
    assert {verb for verb, command in commands() if "json" not in formats(command)} == set(WITHOUT)


def test_every_verb_can_be_quiet_and_once() -> None:
    cli.get_command(click.Context(cli), "run")
    assert {verb: [opt for p in command.params for opt in p.opts].count("-q") for verb, command in commands()} == (
        dict.fromkeys(VERBS, 1)
    )


@pytest.mark.parametrize(("flags", "said"), [([], "note\nwrong\n"), (["-q"], "wrong\n"), (["--quiet"], "wrong\n")])
def test_quiet_leaves_the_result_and_what_is_wrong(
    flags: list[str], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    command = cli.get_command(click.Context(cli), "kinds")
    assert command is not None

    def act(**_: object) -> None:
        click.echo("result")
        say("note")
        say("wrong", always=True)

    monkeypatch.setattr(command, "callback", act)
    assert run(["kinds", *flags]) == 0
    assert capsys.readouterr() == ("result\n", said)


def test_compile_tells_what_it_changed_as_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = make_repository(tmp_path)
    monkeypatch.chdir(root)
    assert run(["compile", "-q", "-o", "json"]) == 0
    told, said = capsys.readouterr()
    value = json.loads(told)
    assert (sorted(value), value["schema_version"], said) == (["changed", "files", "left", "schema_version"], 1, "")
    assert value["files"] >= len(value["changed"]) > 0
    file = root / value["changed"][-1]
    file.write_text(file.read_text() + "# edited\n")
    assert run(["compile", "--check", "-o", "json"]) == 1
    told, said = capsys.readouterr()
    assert json.loads(told)["changed"] == [value["changed"][-1]]
    assert said.startswith(f"{value['changed'][-1]}: not what the YAML compiles to\n")


def test_what_dvc_prints_stands_beside_a_result(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    code = "import sys; print('out', flush=True); print('err', file=sys.stderr); sys.exit(3)"
    assert reproduce_aside(tmp_path, [sys.executable, "-c", code]) == 3
    assert capfd.readouterr() == ("", "out\nerr\n")


@pytest.mark.parametrize(("ends", "told"), [(0, ""), (3, "out\nerr\n")])
def test_of_a_quiet_run_only_what_is_wrong_is_told(
    ends: int, told: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    code = f"import sys; print('out', flush=True); print('err', file=sys.stderr); sys.exit({ends})"
    assert reproduce_unseen(tmp_path, [sys.executable, "-c", code]) == ends
    assert capfd.readouterr() == ("", told)


@pytest.mark.parametrize(("hushed", "told"), [(False, "entered: pipelines/churn/ledger/model/a.json\n"), (True, "")])
def test_what_a_run_entered_is_no_result(hushed: bool, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    verdict = Verdict("churn", "pass", (), None, entered=("pipelines/churn/ledger/model/a.json",))
    with click.Context(command) as context:
        context.meta[_QUIET] = hushed
        assert _show([verdict], "json") == 0
    printed = capsys.readouterr()
    assert printed.err == told
    assert "ledger" not in printed.out


def test_a_smoke_run_has_no_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["run", "churn", "--smoke", "-o", "json"]) == 4
    assert "a smoke run has no result to keep: leave out -o json or --smoke" in capsys.readouterr().err


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = make_repository(tmp_path / "repository")
    monkeypatch.chdir(root)
    return root


def test_schema_tells_what_it_wrote_what_differs_and_what_it_guessed(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def told(code: int, *words: str) -> bytes:
        assert run(["schema", *words, "-o", "json", "-q"]) == code
        return capsys.readouterr().out.encode()

    assert "conf/.schema/pipeline.json" in SchemaFiles.parse(told(0, "--write")).files
    assert SchemaDifferences.parse(told(0, "--check")) == SchemaDifferences(differences=())
    page = here / "conf/README.md"
    page.write_text(f"{page.read_text()}edited\n")
    (found,) = SchemaDifferences.parse(told(1, "--check")).differences
    assert (found.path, found.diff.splitlines()[-1]) == ("conf/README.md", "-edited")
    assert json.loads(told(0, "data"))["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    data = here / "pipelines/churn/data/churn.csv"
    data.write_text(
        "age,plan,left\n" + "".join(f"{20 + row % 50},{'ab'[row % 2]},{row % 3 == 0}\n" for row in range(600))
    )
    guessed = {
        "age": {"type": "int", "between": [0, None], "sensitive": True},
        "plan": {"type": "category", "in": ["a", "b"]},
        "left": {"type": "bool"},
    }
    whole = {"schema_version": 1, "columns": guessed, "file": None, "written": False}
    assert json.loads(told(0, "infer", str(data))) == whole
    whole |= {"file": "conf/data/churn.yaml", "written": True}
    assert json.loads(told(0, "infer", "churn", "--write")) == whole


def test_a_new_pipeline_is_told_with_what_was_understood_of_its_data(
    here: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "late.csv").write_text(
        "age,late\n" + "".join(f"{20 + row % 50},{row % 3 == 0}\n" for row in range(600))
    )
    words = ["new", "late", "--data", str(tmp_path / "late.csv"), "--target", "late", "--no-run", "-o", "json"]
    assert run(words) == 0
    out, said = capsys.readouterr()
    told = Created.parse(out.encode())
    made = ("conf/data/late.yaml", "conf/pipeline/late.yaml", "pipelines/late/data/late.csv")
    assert (told.pipeline, told.files[:3], told.smoke) == ("late", made, None)
    assert [f"note: {note}" for note in told.notes] == said.splitlines()[:-1]
