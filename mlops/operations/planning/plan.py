"""Plan: what will change, and why, before anything runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from mlops import __version__
from mlops.compiler.rules import live_after_nothing
from mlops.configuration.data import Data
from mlops.configuration.reading.origins import Origins
from mlops.documents.change_report import (
    FRAMEWORK_CHANGE,
    OWN_ROWS,
    DataChange,
    Deploy,
    GateChange,
    KeyChange,
    PipelineChange,
    Planned,
    StagePlan,
)
from mlops.files.atomic import bytes_of
from mlops.operations.declared.policy import FILE, judge_under_base, policy_at
from mlops.operations.git import changed_files, commit_of, file_at
from mlops.operations.language.keys import written
from mlops.operations.planning.baseline import Baseline, from_commit, from_lock
from mlops.operations.planning.cost import cost, seconds
from mlops.operations.planning.data_change import compare_reports, look, parse_report, tables
from mlops.operations.planning.difference import Change, differences
from mlops.operations.planning.file_changes import file_changes, manifest_changes
from mlops.operations.planning.fingerprint import made_of, policy_digest
from mlops.operations.planning.key_changes import dotted, key_changes
from mlops.operations.planning.protected import POLICY_CHANGE, protected_notes
from mlops.operations.planning.relied import framework_of, relied_on
from mlops.operations.planning.repository_changes import deploys, removed_pipelines
from mlops.operations.planning.searched import trials
from mlops.operations.verdicts.judged_rows import moved
from mlops.operations.verdicts.loosened import Gate, loosened
from mlops.operations.verdicts.loosened_policy import loosened_policy
from mlops.operations.verdicts.rejudged import GATE_CHANGE
from mlops.operations.workspace import Workspace
from mlops.plan.gate import rules_of
from mlops.plan.pipeline import PipelinePlan
from mlops.plan.stage import Stage
from mlops.stages.declare.reproducible import reproducible


@dataclass(frozen=True)
class _Base:
    """The commit that a plan compares with, and what differs from it anywhere; nothing where it is the last run."""

    commit: str | None = None
    changed: frozenset[str] = frozenset()
    relied: dict[str, tuple[str, ...]] = field(default_factory=dict)
    deploys: dict[str, list[Deploy]] = field(default_factory=dict)


def plan(workspace: Workspace, base: str | None = None) -> Planned:
    """Compare what the YAML says with the last run, or with a commit."""
    against = _Base() if base is None else _base(workspace, base)
    found = tuple(_pipeline(workspace, pipeline, against) for pipeline in workspace.plan.pipelines)
    running = {change.name for change in found if change.runs}
    files = file_changes(workspace, against.commit, running)
    manifests = manifest_changes(workspace, against.commit, against.changed)
    changes = tuple(
        replace(each, files=files.get(each.name, ()), manifests=manifests.get(each.name, ())) for each in found
    )
    notes: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()
    if against.commit is not None:
        notes = protected_notes(workspace.root, against.commit, against.changed, workspace.project)
        broken = (*_loosened(workspace, against.commit), *_broken(workspace, against.commit))
    return Planned(
        base=against.commit,
        reference=base,
        pipelines=changes,
        tool=__version__,
        policy=policy_digest(workspace),
        labels=tuple(_labels(notes, changes, base, framework_of(against.changed, workspace.project.ci.install))),
        notes=(*notes, *broken, *_order(workspace)),
        files=files.get("", ()),
        removed=removed_pipelines(workspace.root, against.changed),
    )


def _loosened(workspace: Workspace, commit: str) -> Iterator[str]:
    """Say what the policy of the base asks for and that of now does not."""
    for sentence in loosened_policy(policy_at(workspace.root, commit), workspace.policy):
        yield f"{FILE}: {sentence}"


def _order(workspace: Workspace) -> Iterator[str]:
    """Say where a release could skip an environment, whatever the change is about."""
    for found in live_after_nothing.check(workspace.plan):
        yield f"conf/project.yaml: {found.message}; {found.hint}"


def _broken(workspace: Workspace, commit: str) -> tuple[str, ...]:
    """Say who breaks the rules of the base about rules."""
    found = judge_under_base(workspace.root, commit, workspace.project, workspace.pipelines)
    return tuple(f"{each.position}: {each.message} (by the policy of {commit[:8]})" for each in found)


def _labels(
    notes: tuple[str, ...], changes: Iterable[PipelineChange], base: str | None, framework: tuple[str, ...]
) -> Iterator[str]:
    """Say what a reviewer must see first: protected files, the program, or a pipeline's gate, judged by both."""
    if notes:
        yield POLICY_CHANGE
    if framework:
        yield FRAMEWORK_CHANGE
    if base and any(change.affected and change.made_by for change in changes):
        yield OWN_ROWS
    if base and any(change.gates.changed for change in changes):
        yield GATE_CHANGE


def _base(workspace: Workspace, base: str) -> _Base:
    root = workspace.root
    commit = commit_of(root, base)
    changed = changed_files(root, commit, ".")
    relied = relied_on(changed, workspace.project.ci.install)
    return _Base(commit, changed, relied, deploys(root, commit, changed))


def _pipeline(workspace: Workspace, pipeline: PipelinePlan, base: _Base) -> PipelineChange:
    root, name = workspace.root, pipeline.name
    before = from_lock(root, pipeline) if base.commit is None else from_commit(root, pipeline, base.commit)
    stages: list[StagePlan] = []
    for stage in pipeline.stages:
        reasons = tuple(_reasons(stage, before))
        running = {planned.name for planned in stages if planned.runs}
        follows = tuple(other.name for other in pipeline.upstream(stage) if other.name in running)
        reasons += trials(stage, root / pipeline.folder) if reasons or follows else ()
        stages.append(StagePlan(stage.name, bool(reasons or follows), reasons, follows))
    loaded = workspace.pipelines[name]
    change = PipelineChange(
        name=name,
        keys=tuple(_keys(pipeline, before, loaded.origins)),
        stages=tuple(stages),
        gates=_gates(pipeline, before),
        deploys=tuple(base.deploys.get(name, ())),
        reproducible=reproducible(loaded.spec),
        made_by=tuple(pipeline.stage("validate").section.get("made_by", ())),
    )
    if not change.runs:
        return replace(change, seconds=0.0, verifies=(*base.relied.get("", ()), *base.relied.get(name, ())))
    duration = seconds(root, name, [stage.name for stage in stages if stage.runs])
    return replace(
        change,
        seconds=duration,
        cost=cost(duration, loaded.spec.budget),
        data=_data(workspace, pipeline, loaded.spec.data, stages[0], base.commit),
        made_of=made_of(root, pipeline, workspace.champions.get(name)),
    )


def _gates(pipeline: PipelinePlan, before: Baseline) -> GateChange:
    section, old = pipeline.stage("gate").section, before.stages.get("gate")
    now = Gate.read(section)
    if old is None:
        return GateChange(len(now.rules), changed=False)
    earlier = Gate.read(old.section)
    touched = before.touched.get("evaluate", ())
    code = {path for path in pipeline.stage("evaluate").inputs if f"{path} changed" in touched}
    otherwise = not earlier.own_files.isdisjoint(code) or rules_of(old.section) != rules_of(section)
    sections = {name: stage.section for name, stage in before.stages.items()}
    files = [reason.removesuffix(" changed") for reason in before.touched.get("ingest", ())]
    rows = moved(sections, {stage.name: stage.section for stage in pipeline.stages}, files)
    return GateChange(len(now.rules), otherwise or bool(rows), (*loosened(earlier, now, code), *rows))


def _data(
    workspace: Workspace, pipeline: PipelinePlan, data: Data, ingest: StagePlan, commit: str | None
) -> DataChange | None:
    """Compare recorded reports where the run of the new data is recorded, else look at the new files."""
    path = f"{pipeline.folder}/reports/data.json"
    now = parse_report(bytes_of(workspace.root / path))
    before = now if commit is None else parse_report(file_at(workspace.root, commit, path))
    if before is not None and now is not None and (measured := compare_reports(before, now)) is not None:
        return measured
    moved = {reason.rpartition(" ")[0] for reason in ingest.reasons}
    folder = workspace.root / pipeline.folder
    others = [table for table in tables(data, folder) if table.source.path in moved]
    if before is None or not (others or data.source.path in moved):
        return None
    return look(before, folder / data.source.path, data.source, others, moved=data.source.path in moved)


def _reasons(stage: Stage, before: Baseline) -> Iterator[str]:
    old = before.stages.get(stage.name)
    if old is None:
        yield "never ran"
        return
    if old.command != stage.command:
        yield "its command changed"
    seen: dict[str, None] = {}
    for change in differences(old.section, stage.section):
        seen[_reason(stage, change)] = None
    yield from seen
    yield from before.touched.get(stage.name, ())


def _reason(stage: Stage, change: Change) -> str:
    if change.path[:1] == ("code",):
        return "the framework's code changed"
    if change.path[:1] == ("libraries",):
        return f"{change.path[-1]} {change.before} → {change.after}"
    if change.path[:1] == ("configuration",):
        return "records the configuration"
    return f"reads {dotted(written((stage.name, *change.path)))}"


def _keys(pipeline: PipelinePlan, before: Baseline, origins: Origins) -> Iterator[KeyChange]:
    old = {name: stage.section for name, stage in before.stages.items()}
    for change in key_changes(old, {stage.name: stage.section for stage in pipeline.stages}):
        position = origins.where(change.path)
        yield KeyChange(change.name, change.before, change.after, f"{position.file}:{position.line}")
