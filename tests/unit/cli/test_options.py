"""Several things done by one call: what is refused stops nothing else, and the first of it is how the call ends."""

from __future__ import annotations

import pytest

from mlops.cli.annotations import mask
from mlops.cli.options import attempt, ended, result
from mlops.errors import IntegrityError, MlopsError, StaleError


def act(name: str) -> str:
    if name == "old":
        raise StaleError("old: it moved", hint="mlops run old")
    if name == "bad":
        raise IntegrityError("bad: other bytes")
    return name.upper()


def test_what_is_refused_stops_no_other_and_ends_the_call(capsys: pytest.CaptureFixture[str]) -> None:
    found, errors = attempt(["a", "old", "b", "bad"], act)
    assert found == ["A", "B"]
    assert ended(errors) == 3
    assert capsys.readouterr().err == "old: it moved\nhint: mlops run old\nbad: other bytes\n"


def test_where_nothing_is_refused_the_call_is_done() -> None:
    assert ended(attempt(["a"], act)[1]) == 0


def test_a_defect_is_no_refusal() -> None:
    with pytest.raises(ZeroDivisionError):
        attempt([0], lambda number: 1 // number)
    assert not issubclass(ZeroDivisionError, MlopsError)


@pytest.mark.parametrize(("form", "shown"), [("text", "a\nb\n"), ("json", '[\n  "é"\n]\n')])
def test_a_result_is_lines_or_json(form: str, shown: str, capsys: pytest.CaptureFixture[str]) -> None:
    result(form, ["é"], iter(["a", "b"]))
    assert capsys.readouterr().out == shown


def test_a_secret_is_struck_out_where_there_is_a_log(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    mask("token")
    mask("token", err=True)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    mask("tok\nen")
    assert capsys.readouterr().out == "::add-mask::tok\\nen\n"
