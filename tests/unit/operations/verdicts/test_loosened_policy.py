from __future__ import annotations

from typing import Any

import pytest

from mlops.configuration.policy import Policy, RiskTier
from mlops.operations.verdicts.loosened_policy import loosened_policy

WORKFLOW = "https://github.com/shop/models/.github/workflows/mlops-main.yml@refs/heads/main"
FORK = WORKFLOW.replace("shop", "mallory")
KEY = "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"


def policy(**keys: Any) -> Policy:
    return Policy.model_validate({"owners": ["@platform"], **keys})


def signed(**signer: Any) -> Policy:
    return policy(signers={"main": {"workflow": WORKFLOW, **signer}})


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (signed(), policy(), "nobody's signature is asked for any more"),
        (policy(), signed(), f"signatures of `main` ({WORKFLOW}) count"),
        (signed(), signed(workflow=FORK), f"signer `main` is another one: {FORK}"),
        (signed(), policy(signers={"main": {"key": KEY}}), "signer `main` is another one: the holder of a key"),
        (signed(), signed(issuer="https://tokens.example"), "signer `main` is whom https://tokens.example says"),
        (signed(not_after="2026-01-31"), signed(), "signatures of `main` count for ever"),
        (
            signed(not_after="2026-01-31"),
            signed(not_after="2026-02-28"),
            "signatures of `main` count until 2026-02-28",
        ),
        (signed(revoked=True), signed(), "what `main` signed counts again"),
        (policy(unsigned="refuse"), policy(), "a bundle that nobody signed is only warned of"),
        (policy(), policy(owners=["@Platform", "@mallory"]), "@mallory owns the policy too"),
        (
            policy(approvals={"releases": "refuse"}),
            policy(),
            "a release that nobody approved is named, and refused only where nobody looked",
        ),
        (policy(), policy(approvals={"releases": "warn"}), "a release that nobody approved is only warned of"),
        (policy(), policy(approvals={"waivers": "warn"}), "a waiver of unknown approval is only warned of"),
        (policy(), policy(approvals={"members": {"@a/b": ["@m"]}}), "@m counts as of @a/b"),
        (policy(), policy(approvals={"break_glass": {"people": ["@m"]}}), "@m may release by break-glass"),
        (
            policy(approvals={"break_glass": {"people": ["@m"]}}),
            policy(approvals={"break_glass": {"people": ["@M"], "days": 9}}),
            "a release by break-glass holds for 9 days instead of 3",
        ),
        (policy(kinds=["mlp"]), policy(), "`kinds` allows anything"),
        (policy(runners=["gpu"]), policy(runners=["gpu", "*"]), "`runners` allows `*` too"),
        (policy(versions={"refused": ["0.1"]}), policy(), "mlops 0.1 is refused no more"),
        (policy(), policy(plugins={"acme": ">=1"}), "kinds of acme >=1 count"),
        (policy(first="review"), policy(), "a first model needs no waiver any more"),
        (policy(risk={"high": {"owners": 2}}), policy(), "a pipeline of high risk needs 1 owners instead of 2"),
        (policy(risk={"high": {"card": True}}), policy(), "a pipeline of high risk needs no `card`"),
        (
            policy(risk={"high": {"own_gates": False}}),
            policy(risk={"high": {}}),
            "a pipeline of high risk may have `own_gates`",
        ),
        (policy(own_stages="forbid"), policy(), "a pipeline may have stages of own code"),
        (policy(), None, "there is no policy any more"),
    ],
)
def test_what_is_asked_for_no_more_is_said_and_the_way_back_is_not(
    before: Policy, after: Policy | None, said: str
) -> None:
    assert loosened_policy(before, before) == ()
    assert loosened_policy(before, after) == (said,)
    assert said not in loosened_policy(after, before)


def test_fewer_signers_of_several_is_no_loosening() -> None:
    both = policy(signers={"main": {"workflow": WORKFLOW}, "before": {"key": KEY}})
    assert loosened_policy(both, signed()) == ()
    assert loosened_policy(both, signed(not_after="2026-01-31", revoked=True)) == ()


def test_every_key_of_a_tier_is_looked_at() -> None:
    strict = {"owners": 2, "sliced_gate": True, "champion_gate": True, "card": True, "budget": True}
    said = loosened_policy(
        policy(risk={"high": {**strict, **dict.fromkeys(("own_classes", "own_gates", "derive_personal"), False)}}),
        policy(),
    )
    assert len(said) == len(RiskTier.model_fields)
