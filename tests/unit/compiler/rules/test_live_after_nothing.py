"""A live environment that no other comes before: told where one could, and nobody wrote that none does."""

from __future__ import annotations

from typing import Any

import pytest

from mlops.compiler.lower.inputs import Facts
from mlops.compiler.lower.project import lower
from mlops.compiler.rules.finding import Finding
from mlops.compiler.rules.registry import examine
from mlops.configuration.project import Project


def found(environments: dict[str, Any]) -> list[Finding]:
    project = Project.model_validate({"name": "shop", "environments": environments})
    return [each for each in examine(lower(project, {}, Facts())) if each.rule == "live-after-nothing"]


@pytest.mark.parametrize(
    ("environments", "live", "earlier"),
    [
        ({"staging": {}, "prod": {}}, "prod", "staging"),
        ({"prod": {}, "staging": {}}, "prod", "staging"),
        ({"test": {}, "staging": {"after": "test"}, "eu": {"role": "live"}}, "eu", "staging"),
        ({"prod": {}, "shadow": {"after": "prod"}, "staging": {}}, "prod", "staging"),
    ],
    ids=["both orders", "whatever is written first", "the last of a chain", "not what comes after it"],
)
def test_what_could_be_skipped_is_named(environments, live, earlier):
    (one,) = found(environments)
    assert (one.key, one.severity) == (("environments", live), "warning")
    assert one.message == (
        f"`{live}` is live and comes after nothing: what `{earlier}` never served can be released there"
    )
    assert one.hint == f"write `after: {earlier}`, or `after: null` where that is meant"


@pytest.mark.parametrize(
    "environments",
    [
        {},
        {"prod": {}},
        {"staging": {}, "prod": {"after": "staging"}},
        {"staging": {}, "prod": {"after": None}},
        {"prod": {}, "shadow": {"after": "prod"}},
        {"staging": {}, "eu": {"after": "staging", "role": "live"}, "spare": {}},
    ],
    ids=["none", "one alone", "an order", "meant", "all come after it", "another without order"],
)
def test_there_is_nothing_to_say(environments):
    assert found(environments) == []
