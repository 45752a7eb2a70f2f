"""Releases that reach the main branch past review: each is refused at its guard, and goes live without."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from mlops.cli.main import run
from mlops.operations.releasing import approved, reconcile
from mlops.operations.reviewing import approvals
from tests.builders.released import Shop, make_released
from tests.builders.repositories import commit
from tests.builders.reviewed import recorded, review, told

pytestmark = pytest.mark.slow
POLICY = 'owners: ["@ana"]\napprovals: {releases: refuse, break_glass: {people: ["@bo"], days: 3}}\n'


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    made = make_released(tmp_path_factory.mktemp("past"))
    (made.root / "conf/policy.yaml").write_text(POLICY)
    commit(made.root, "policy")
    return made


def pushed(made: str, head: str) -> dict[str, Any]:
    return {f"commits/{made}/pulls": []}


def of_an_older_commit(made: str, head: str) -> dict[str, Any]:
    return told(made, review("ana", commit="d" * 40), head=head)


def of_a_stranger(made: str, head: str) -> dict[str, Any]:
    return told(made, review("mallory", commit=head), head=head)


def of_the_author(made: str, head: str) -> dict[str, Any]:
    return told(made, review("ana", commit=head), head=head, author="ana")


ATTACKS: dict[str, tuple[Callable[[str, str], dict[str, Any]], Any, str, Any, str]] = {
    "pushed": (pushed, reconcile, "refuse_unapproved", lambda *_, **__: None, "it was pushed past review"),
    "of an older commit": (of_an_older_commit, approvals, "_against", lambda *_: None, "who saw dddddddd, where"),
    "of a stranger": (
        of_a_stranger,
        approved,
        "standing",
        lambda _, logins, *__: dict.fromkeys(logins, True),
        "not approved by @mallory, who is no owner of conf/release/",
    ),
    "of the author": (of_the_author, approvals, "_against", lambda *_: None, "not approved by @ana, who opened it"),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_is_refused_at_its_guard_and_goes_live_without(
    name: str, shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answer, module, guard, becomes, said = ATTACKS[name]
    environment = name.replace(" ", "-")
    made = shop.say(environment, shop.first)
    reviews = recorded(tmp_path, answer(made, made))
    monkeypatch.chdir(shop.root)
    words = ["reconcile", "--env", environment, "--reviews", str(reviews)]
    capsys.readouterr()

    assert run(words) == 2
    shown = capsys.readouterr()
    assert said in shown.err
    assert shown.out.splitlines()[1].split()[-1] == "failed"

    monkeypatch.setattr(module, guard, becomes)
    assert run(words) == 0
    assert capsys.readouterr().out.splitlines()[1].split()[-1] == "moved"


def test_break_glass_of_somebody_else_is_refused_and_of_who_may_is_loud(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.file("glass").parent.mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(shop.root)
    for by, code in (("@mallory", 7), ("@bo", 0)):
        broken = f'{{by: "{by}", reason: GitHub does not answer, since: "{date.today()}"}}'
        shop.file("glass").write_text(f"bundle: {shop.first}\nbreak_glass: {broken}\n")
        commit(shop.root, "break glass")
        reviews = recorded(tmp_path, {})
        assert run(["reconcile", "--env", "glass", "--reviews", str(reviews)]) == code
        said = (
            "may not release by break-glass" if code else f"tiny: BREAK-GLASS by @bo since {date.today()}: GitHub does"
        )
        assert said in capsys.readouterr().err
        assert run(["history", "tiny", "--env", "glass", "--reviews", str(reviews)]) == 0
        listed = capsys.readouterr()
        assert ("break-glass by @bo" in listed.out, said.removeprefix("tiny: ") in listed.err) == (code == 0, True)
