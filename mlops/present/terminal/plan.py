"""A plan as text: what changes of each pipeline, what concerns them all, how many there are."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from mlops.diagnostics import visible
from mlops.documents.change_report import (
    OWN_ROWS,
    DataChange,
    Deploy,
    FileChange,
    PipelineChange,
    Planned,
    StagePlan,
    TableChange,
)
from mlops.files.figures import duration
from mlops.present.terminal.style import paint

_SHOWN = 40  # lines of a manifest's difference
_NAMED = 4  # files that a line names before it counts the others


def text(planned: Planned) -> str:
    """Print the pipelines that change, what concerns them all, and the counts."""
    changed = [change for change in planned.pipelines if not change.unchanged]
    lines = [line for change in changed for line in pipeline(change)]
    return "\n".join([*lines, *map(visible, everywhere(planned)), f"Plan: {counts(planned)}"])


def pipeline(change: PipelineChange) -> Iterator[str]:
    """Print what changes of one pipeline: keys, stages, facts."""
    yield paint(change.name, None, bold=True)
    width = max([len(key.key) for key in change.keys] + [12])
    yield from (
        visible(f"  {key.key:<{width}}  {_short(key.before)} → {_short(key.after)}    {key.where}")
        for key in change.keys
    )
    for stage in change.stages:
        if stage.reasons:
            yield _row(paint("~", "magenta"), stage.name, "; ".join(stage.reasons), width)
    yield from _following(change.stages, width)
    unchanged = [stage.name for stage in change.stages if not stage.runs]
    if unchanged:
        yield _row(paint("=", "bright_black"), ", ".join(unchanged), "", width)
    for title, said in _facts(change):
        yield visible(f"  {title:<{width}}  {said}")


def _facts(change: PipelineChange) -> Iterator[tuple[str, str]]:
    """Give a title and a line for all there is to say beside keys and stages."""
    if change.data is not None:
        yield from (("data", said) for said in data_lines(change.data))
    if change.affected and change.made_by:
        yield "rows", f"made by own code: {', '.join(change.made_by)}"
    yield "gates", f"{change.gates.rules} rules, {'changed' if change.gates.changed else 'unchanged'}"
    yield from (("", sentence) for sentence in change.gates.loosened)
    yield from (("deploy", _deploy(deploy)) for deploy in change.deploys)
    for manifest in change.manifests:
        yield from manifest_lines(manifest)
    if change.verifies:
        yield "verified", f"{_listed(change.verifies)} changed: held against each other and judged again, not run"
    if change.files:
        yield "files", _files(change.files)
    if change.runs and change.reproducible == "processor":
        yield "bits", "of this kind of processor: a run elsewhere is held to the verdict, not to the digest"
    if change.runs and change.seconds is not None:
        money = "" if change.cost.money is None else f", {change.cost.money:.2f} of money"
        yield "cost", f"about {duration(change.seconds)}{money} (last run on this machine)"
    yield from (("over budget", sentence) for sentence in change.cost.over)


def data_lines(data: DataChange) -> Iterator[str]:
    """Say how data differs, in aggregates."""
    before, after = ("?" if rows is None else f"{rows:,}" for rows in (data.rows_before, data.rows_after))
    moved = "" if data.rows_before is None or data.rows_after is None else f" ({data.rows_after - data.rows_before:+,})"
    yield f"rows {before} → {after}{moved}" + (
        "" if data.recorded else ", counted in lines; not checked before it runs"
    )
    if data.added or data.removed:
        yield "columns " + ", ".join([f"+{name}" for name in data.added] + [f"-{name}" for name in data.removed])
    yield from (f"type of {change}" for change in data.retyped)
    yield from (f"nulls of {share.name} {share.before:.1%} → {share.after:.1%}" for share in data.nulls)
    yield from (f"class {share.name} {share.before:.1%} → {share.after:.1%}" for share in data.classes)
    if data.shifts:
        moves = ", ".join(f"{shift.column} {shift.deviations:+.2f}" for shift in data.shifts)
        yield f"means moved, in standard deviations: {moves}"
    if data.drift:
        yield "spread moved, by PSI: " + ", ".join(f"{drift.column} {drift.psi:.2f}" for drift in data.drift)
    yield from (f"check {check}" for check in data.checks)
    yield from map(_table, data.tables)


def _table(table: TableChange) -> str:
    before, after = table.rows_before, table.rows_after
    if before is not None and before == after:
        rows = f"other values in {after:,} rows"
    else:
        told = ("?" if rows is None else f"{rows:,}" for rows in (before, after))
        rows = f"rows {' → '.join(told)}"
        rows += "" if before is None or after is None else f" ({after - before:+,})"
    columns = ", ".join([f"+{name}" for name in table.added] + [f"-{name}" for name in table.removed])
    return f"{table.table}: {rows}" + (f", columns {columns}" if columns else "")


def manifest_lines(manifest: FileChange) -> Iterator[tuple[str, str]]:
    """Show how a manifest changes, line by line up to where only Git has room."""
    yield "manifest", f"{manifest.path} +{manifest.added} -{manifest.removed}"
    lines = manifest.diff.splitlines()
    yield from (("", line) for line in lines[:_SHOWN])
    if len(lines) > _SHOWN:
        yield "", f"... and {len(lines) - _SHOWN} lines more: git diff, or mlops plan -o json"


def _deploy(deploy: Deploy) -> str:
    before, after = (digest[:19] if digest else "none" for digest in (deploy.before, deploy.after))
    traffic = deploy.traffic or ("all at once" if deploy.traffic_before else None)
    return f"{deploy.environment}: {before} → {after}{f', {traffic}' if traffic else ''}    {deploy.file}"


def _files(files: Iterable[FileChange]) -> str:
    return ", ".join(f"{file.path.rpartition('/')[2]} +{file.added} -{file.removed}" for file in files)


def _listed(names: tuple[str, ...]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def everywhere(planned: Planned) -> Iterator[str]:
    """Say what belongs to no single pipeline."""
    if OWN_ROWS in planned.labels:
        yield f"{OWN_ROWS}: rows are made by own code of a pipeline"
    if labels := [label for label in planned.labels if label != OWN_ROWS]:
        yield f"{', '.join(labels)}: judged by the rules of {(planned.base or '')[:8]} and by the new ones"
    yield from (f"  {note}" for note in planned.notes)
    yield from (f"  {file.path} +{file.added} -{file.removed}" for file in planned.files)
    yield from (f"  {name} is removed" for name in planned.removed)


def _following(stages: tuple[StagePlan, ...], width: int) -> list[str]:
    following = [stage for stage in stages if stage.runs and not stage.reasons]
    if not following:
        return []
    names = ", ".join(stage.name for stage in following)
    first = next(stage.name for stage in stages if stage.reasons)
    verb = "follow" if len(following) > 1 else "follows"
    return [_row(paint("~", "magenta"), names, f"{verb} {first}", width)]


def _row(mark: str, names: str, why: str, width: int) -> str:
    return f"  {mark} {names:<{width - 2}}  {visible(why)}".rstrip()


def _short(value: Any) -> str:
    shown = json.dumps(value, ensure_ascii=False, default=str) if not isinstance(value, str) else value
    return shown if len(shown) <= 40 else shown[:37] + "..."


def counts(planned: Planned) -> str:
    """Count the pipelines by what happens to them."""
    found = planned.counts
    gates = f"{found.gates_changed} {'gate' if found.gates_changed == 1 else 'gates'} changed"
    verified = f"{found.to_verify} to verify, " if found.to_verify else ""
    removed = f", {len(planned.removed)} removed" if planned.removed else ""
    return (
        f"{found.to_run} to run, {verified}{gates}, {found.to_deploy} to deploy, {found.unchanged} unchanged{removed}"
    )
