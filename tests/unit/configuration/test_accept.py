"""An acceptance says what it is about, for how long and how much of it; anything looser is refused."""

from __future__ import annotations

import re
from typing import Any

import pytest
from pydantic import ValidationError

from mlops.configuration.accept import Acceptance, Acceptances

ENTRY: dict[str, Any] = {
    "check": "nulls",
    "column": "age",
    "at_most": 0.1,
    "cause": "Guests are not asked for it.",
    "owner": "@ada",
    "approver": "@grace",
    "since": "2026-11-01",
    "until": "2026-11-20",
}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"until": "2026-10-31"}, "an acceptance holds for 0 to 90 days, this one for -1"),
        ({"until": "2027-01-31"}, "an acceptance holds for 0 to 90 days, this one for 91"),
        ({"approver": "@Ada"}, "nobody approves an acceptance of their own: `approver` is the `owner`"),
        ({"column": None}, "an incident of `nulls` needs the `column` that it is about"),
        ({"check": "refused"}, "an incident of `refused` is about no `column`"),
        ({"at_most": None}, "an incident of `nulls` needs `at_most`, the share that is known"),
        ({"check": "volume", "column": None}, "an incident of `volume` has no share: no `at_most`"),
        ({"check": "schema"}, "an incident of `schema` has no share: no `at_most`"),
    ],
)
def test_what_would_accept_too_much_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Acceptance.model_validate(ENTRY | changes)
    assert [error["msg"] for error in caught.value.errors()] == [f"Value error, {said}"]


@pytest.mark.parametrize("key", [key for key in ENTRY if key not in ("column", "at_most")])
def test_every_key_is_needed(key: str) -> None:
    with pytest.raises(ValidationError):
        Acceptance.model_validate({name: value for name, value in ENTRY.items() if name != key})


@pytest.mark.parametrize(
    "changes",
    [{}, {"check": "volume", "column": None, "at_most": None}, {"check": "refused", "column": None}],
)
def test_what_is_said_wholly_is_taken(changes: dict[str, Any]) -> None:
    entry = Acceptance.model_validate(ENTRY | changes)
    assert entry.told == "accepted until 2026-11-20 by @grace: Guests are not asked for it."


def test_a_file_that_accepts_nothing_is_refused() -> None:
    with pytest.raises(ValidationError) as caught:
        Acceptances.model_validate({})
    said = "nothing is accepted: name an incident in `accepted`, or `leak`, or remove the file"
    assert [error["msg"] for error in caught.value.errors()] == [f"Value error, {said}"]


@pytest.mark.parametrize(
    "leak", [{"columns": [], "reason": "x" * 20}, {"columns": ["a"]}, {"columns": ["a"], "reason": "ok"}]
)
def test_a_leak_is_accepted_by_column_and_with_a_reason(leak: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Acceptances.model_validate({"leak": leak})


ENDS = {"owner": "@ada", "approver": "@grace", "since": "2026-11-30", "until": "2027-11-30"}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"until": None, "owner": None}, "an accepted leak that ends needs `owner`, `until` too"),
        ({"approver": "@Ada"}, "nobody approves an accepted leak of their own: `approver` is the `owner`"),
        ({"until": "2027-12-02"}, "an accepted leak holds for 0 to 366 days, this one for 367"),
    ],
)
def test_a_leak_that_ends_is_held_to_the_rules_of_a_waiver(changes: dict[str, Any], said: str) -> None:
    leak = {"columns": ["a"], "reason": "It is known beforehand."}
    assert Acceptances.model_validate({"leak": leak}).leak.told == "accepted: It is known beforehand."
    found = Acceptances.model_validate({"leak": {**leak, **ENDS}}).leak
    assert found.told == "accepted until 2027-11-30 by @grace: It is known beforehand."
    with pytest.raises(ValidationError, match=re.escape(said)):
        Acceptances.model_validate({"leak": {**leak, **ENDS, **changes}})
