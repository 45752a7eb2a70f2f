"""What the policy asks for: which pipelines break it, under the policy of now and that of the base commit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

from mlops.blocks.derived import origins
from mlops.configuration.approvals import Approvals
from mlops.configuration.card import unsaid
from mlops.configuration.checking.gate_checks import rules as gate_rules
from mlops.configuration.data import personal, sources
from mlops.configuration.gates import GateRule
from mlops.configuration.load import Loaded, parse_document
from mlops.configuration.model import own_code
from mlops.configuration.pipeline import Pipeline
from mlops.configuration.policy import Policy, RiskTier
from mlops.configuration.project import Project
from mlops.configuration.reading.document import Path as Key
from mlops.configuration.reading.parse import read
from mlops.diagnostics import Diagnostic, Position, render
from mlops.errors import ConfigurationError
from mlops.operations.declared.plugins import uncounted
from mlops.operations.git import file_at

FILE = "conf/policy.yaml"
_HINT = f"{FILE} asks for it"


def judge_all(policy: Policy, project: Project | None, pipelines: Mapping[str, Loaded]) -> list[Diagnostic]:
    """Find what breaks a policy, each at its place."""
    found = [
        Diagnostic(loaded.origins.where(key), message, hint, "policy")
        for loaded in pipelines.values()
        for key, message, hint in _pipeline(policy, loaded.spec)
    ]
    for label in () if project is None else project.runners:
        if not _allowed(policy.runners, label):
            message = f"the runner `{label}` is not allowed"
            found.append(Diagnostic(Position("conf/project.yaml"), message, _only(policy.runners), "policy"))
    return found


def judge_under_base(
    root: Path, commit: str, project: Project, pipelines: Mapping[str, Loaded]
) -> tuple[Diagnostic, ...]:
    """Find what breaks the policy of a commit; nothing where that commit had none.

    Raises:
        ConfigurationError: the policy of that commit cannot be read.
    """
    policy = policy_at(root, commit)
    found = [] if policy is None else judge_all(policy, project, pipelines)
    said = f"{FILE} of {commit[:8]}, which this change is judged by, asks for it"
    return tuple(replace(f, hint=f.hint.replace(_HINT, said), rule="base-policy") for f in found)


def policy_at(root: Path, commit: str) -> Policy | None:
    """Read the policy of a commit; None where it had none.

    Raises:
        ConfigurationError: it cannot be read.
    """
    data = file_at(root, commit, FILE)
    if data is None:
        return None
    document = read(f"{commit[:8]}:{FILE}", data)
    policy, found = parse_document(Policy, document)
    if policy is None:
        raise ConfigurationError(render(found, {document.file: document.text}), diagnostics=found)
    return policy


def approvals_at(root: Path, commit: str) -> Approvals:
    """Read what the policy of a commit asks of approvals, without one what is asked where none says.

    Raises:
        ConfigurationError: it cannot be read.
    """
    policy = policy_at(root, commit)
    return Approvals() if policy is None else policy.approvals


_Finding = tuple[Key, str, str]


def _pipeline(policy: Policy, spec: Pipeline) -> Iterator[_Finding]:
    tier = policy.risk.get(spec.risk)
    if tier is not None:
        yield from _tier(tier, spec)
    yield from uncounted(policy, spec)
    for path, source in sources(spec.data):
        if not _allowed(policy.sources, source.kind):
            yield (*path, "kind"), f"the source kind `{source.kind}` is not allowed", _only(policy.sources)
        if source.package is not None and not _allowed(policy.packages, source.package):
            message = f"data of the package `{source.package}` is not allowed"
            yield (*path, "package"), message, _only(policy.packages)
    for name, model in spec.model.items():
        if not _allowed(policy.kinds, model.kind):
            yield ("model", name, "kind"), f"the kind `{model.kind}` is not allowed", _only(policy.kinds)
        elif (own := own_code(model)) is not None and not _allowed(policy.kinds, own[1]):
            yield ("model", name, own[0]), f"`{own[1]}` is not allowed", _only(policy.kinds)
    yield from _own_stages(policy, tier, spec)
    for path, rule in gate_rules(spec):
        if rule.own is not None and not _allowed(policy.kinds, rule.own):
            yield (*path, "metric"), f"the metric `{rule.own}` is not allowed", _only(policy.kinds)


def _tier(tier: RiskTier, spec: Pipeline) -> Iterator[_Finding]:
    of = f"a pipeline of {spec.risk} risk"
    blocking = [rule for rule in (*spec.gates, *spec.preset.gates) if rule.mode == "block"]
    if len(spec.owners) < tier.owners:
        named = len(spec.owners)
        yield ("owners",), f"{of} needs {tier.owners} owners, this one names {named}", f"add owners; {_HINT}"
    if tier.sliced_gate and not _sliced(spec, blocking):
        message = f"{of} needs a blocking gate by a sensitive column"
        yield ("gates",), message, f"write `by: COLUMN` in a rule; {_HINT}"
    if tier.champion_gate and not any(rule.over_champion for rule in blocking if rule.section == "rules"):
        hint = f"write `over_champion: {{no_worse_than: ...}}` in a rule; {_HINT}"
        yield ("gates",), f"{of} needs a blocking gate against the live model", hint
    for name, model in spec.model.items() if not tier.own_classes else ():
        if (own := own_code(model)) is not None:
            yield ("model", name, own[0]), f"{of} may not use a class of its own", f"choose a kind; {_HINT}"
    for path, rule in gate_rules(spec) if not tier.own_classes else ():
        if rule.own is not None:
            yield (*path, "metric"), f"{of} may not use a metric of its own", f"choose a metric; {_HINT}"
    yield from _personal(tier, spec)
    if tier.card and (open_questions := unsaid(spec.card)):
        hint = f"write {', '.join(open_questions)} under `card:`; {_HINT}"
        yield ("card",), f"{of} needs a whole model card", hint
    if tier.budget and spec.budget is None:
        yield ("description",), f"{of} needs a budget", f"write `budget: {{minutes: ...}}`; {_HINT}"


def _personal(tier: RiskTier, spec: Pipeline) -> Iterator[_Finding]:
    for name in spec.data.derive if not tier.derive_personal else ():
        if personal(spec.data) & origins(spec.data.derive, name):
            message = f"a pipeline of {spec.risk} risk may not learn from `{name}`, made of a personal column"
            yield ("data", "derive", name), message, f"remove it; {_HINT}"


def _own_stages(policy: Policy, tier: RiskTier | None, spec: Pipeline) -> Iterator[_Finding]:
    for name, stage in spec.stages.items():
        if policy.own_stages == "forbid":
            yield ("stages", name), "stages of own code are not allowed", f"remove it; {_HINT}"
        elif tier is not None and not tier.own_classes:
            message = f"a pipeline of {spec.risk} risk may not have a stage of its own code"
            yield ("stages", name), message, f"remove it; {_HINT}"
        elif not _allowed(policy.kinds, stage.use):
            yield ("stages", name, "use"), f"the stage `{stage.use}` is not allowed", _only(policy.kinds)


def _sliced(spec: Pipeline, rules: Iterable[GateRule]) -> bool:
    sensitive = {name for name, column in spec.data.columns.items() if column.sensitive}
    return any(rule.by in sensitive or rule.of in sensitive for rule in rules)


def _allowed(patterns: tuple[str, ...] | None, value: str) -> bool:
    return patterns is None or any(fnmatchcase(value, pattern) for pattern in patterns)


def _only(patterns: tuple[str, ...] | None) -> str:
    return f"one of: {', '.join(patterns or ()) or 'none'}; {_HINT}"
