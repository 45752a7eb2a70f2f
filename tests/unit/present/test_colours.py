"""Colours: where somebody looks or asks for them, and none that a light ground swallows."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import click
import pytest

import mlops
from mlops.cli.main import cli, run
from mlops.present.terminal import style


@pytest.fixture(autouse=True)
def nothing_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("said", "terminal", "colours"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"TERM": "dumb"}, True, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"FORCE_COLOR": ""}, False, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, True, False),
    ],
)
def test_who_asked_is_obeyed(
    said: dict[str, str], terminal: bool, colours: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: terminal, raising=False)
    for name, value in said.items():
        monkeypatch.setenv(name, value)
    assert style.coloured() is colours
    assert style.symbol("fail") == ("\x1b[31m✗\x1b[0m" if colours else "✗")


@click.command()
def probe() -> None:
    click.echo(style.symbol("pass"))


def test_forced_colours_reach_a_pipe(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(cli, "get_command", lambda *_: probe)
    assert run(["doctor"]) == 0
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert run(["doctor"]) == 0
    assert capsys.readouterr().out == "✓\n\x1b[32m✓\x1b[0m\n"


def test_no_text_is_yellow_or_white() -> None:
    folder = Path(mlops.__file__).parent
    texts = (file.read_text() for room in ("cli", "present") for file in (folder / room).rglob("*.py"))
    named = re.compile(r'"(?:bright_)?(?:yellow|white)"')
    assert [*itertools.chain.from_iterable(map(named.findall, texts))] == []
