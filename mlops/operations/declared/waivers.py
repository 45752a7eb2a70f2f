"""The waivers of each pipeline, held against the rules that its gate has."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from mlops.blocks.waiver import AFTER, Waiver, Waivers
from mlops.configuration.load import Loaded, parse_document
from mlops.configuration.policy import Policy
from mlops.configuration.reading.library import Configuration
from mlops.configuration.reading.parse import read
from mlops.diagnostics import Diagnostic, suggest
from mlops.operations.declared.policy import policy_at
from mlops.operations.git import file_at
from mlops.stages.declare.gate_bounds import gate_rule_ids


def waivers(
    configuration: Configuration, pipelines: Mapping[str, Loaded], problems: list[Diagnostic]
) -> dict[str, tuple[Waiver, ...]]:
    """Read `conf/waiver/<pipeline>.yaml` of each pipeline for its gate; what is wrong is added to `problems`."""
    found: dict[str, tuple[Waiver, ...]] = {}
    for name, loaded in pipelines.items():
        document = configuration.document(f"waiver/{name}")
        if document is None:
            continue
        block, diagnostics = parse_document(Waivers, document)
        problems += diagnostics
        rules = (*gate_rule_ids(loaded.spec), AFTER)
        for index, waiver in enumerate(block.waivers if block else ()):
            if waiver.rule not in rules:
                where = document.where(("waivers", index, "rule"), key=False)
                message = f"`{name}` has no rule `{waiver.rule}`"
                problems.append(Diagnostic(where, message, suggest(waiver.rule, rules), "waiver"))
        if block is not None:
            found[name] = tuple(waiver for waiver in block.waivers if waiver.rule != AFTER)
    return found


def expired(configuration: Configuration, pipelines: Mapping[str, Loaded], today: date) -> list[Diagnostic]:
    """Warn of waivers that hold no more: the verdict counts their rules again."""
    found: list[Diagnostic] = []
    for name in pipelines:
        document = configuration.document(f"waiver/{name}")
        block = None if document is None else parse_document(Waivers, document)[0]
        for index, waiver in enumerate(block.waivers if block else ()):
            if document is not None and date.fromisoformat(waiver.expires) < today:
                where = document.where(("waivers", index, "expires"), key=False)
                message = f"the waiver of `{waiver.rule}` expired on {waiver.expires}"
                hint = "remove it, or repair the model; a new waiver needs a new approval"
                found.append(Diagnostic(where, message, hint, "waiver-expired", severity="warning"))
    return found


def approved_by_author(root: Path, base: str, pipelines: Mapping[str, Loaded], author: str) -> list[Diagnostic]:
    """Find waivers that a pull request adds and that name its own author as the one who allows them."""
    found: list[Diagnostic] = []
    for name in pipelines:
        file = f"conf/waiver/{name}.yaml"
        path = root / file
        if not path.is_file():
            continue
        document = read(file, path.read_bytes())
        before = waivers_at(root, base, name)
        block = parse_document(Waivers, document)[0]
        for index, waiver in enumerate(block.waivers if block else ()):
            if waiver not in before and waiver.approver.casefold() == f"@{author.lstrip('@')}".casefold():
                where = document.where(("waivers", index, "approver"), key=False)
                message = f"`{waiver.approver}` opened this pull request and cannot approve its waiver"
                found.append(Diagnostic(where, message, "name somebody else, who reviews it", "waiver-own-approval"))
    return found


def approved_by_others(root: Path, base: str, pipelines: Mapping[str, Loaded]) -> list[Diagnostic]:
    """Find waivers that a pull request adds and that name somebody who owns no policy; of teams only GitHub can tell.

    Raises:
        ConfigurationError: the policy of the base cannot be read.
    """
    policy = policy_at(root, base)
    found: list[Diagnostic] = []
    for name in pipelines if policy is not None else ():
        file = f"conf/waiver/{name}.yaml"
        path = root / file
        if policy is None or not path.is_file():
            continue
        document, before = read(file, path.read_bytes()), waivers_at(root, base, name)
        for index, waiver in enumerate(waivers_in(file, path.read_bytes())):
            if waiver not in before and not may_own(policy, waiver.approver):
                where = document.where(("waivers", index, "approver"), key=False)
                message = f"`{waiver.approver}` does not own the policy and cannot approve a waiver"
                hint = f"name one of its owners: {', '.join(policy.owners)}"
                found.append(Diagnostic(where, message, hint, "waiver-approver"))
    return found


def may_own(policy: Policy, approver: str) -> bool:
    """Whether somebody owns a policy, or may do so as one of a team that is not listed."""
    members = {team.casefold(): people for team, people in policy.approvals.members.items()}
    teams = [owner.casefold() for owner in policy.owners if "/" in owner]
    listed = (person for team in teams for person in members.get(team, ()))
    known = {owner.casefold() for owner in (*policy.owners, *listed)}
    return "/" in approver or approver.casefold() in known or any(team not in members for team in teams)


def waivers_at(root: Path, commit: str, name: str) -> tuple[Waiver, ...]:
    """Read the waivers of a pipeline as a commit has them; none where it has none, or none that can be read."""
    file = f"conf/waiver/{name}.yaml"
    return waivers_in(file, file_at(root, commit, file))


def waivers_in(file: str, data: bytes | None) -> tuple[Waiver, ...]:
    """Read a file of waivers; none where there is none, or none that can be read."""
    block = None if data is None else parse_document(Waivers, read(file, data))[0]
    return block.waivers if block else ()
