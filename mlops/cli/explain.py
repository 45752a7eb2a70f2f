"""`mlops explain`: where a value came from, or what a finding means."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import click

from mlops.cli.options import emit, output, root


@click.command(short_help="Where a value came from, or what a finding means")
@click.argument("name", metavar="NAME|ID")
@click.argument("key", required=False)
@output("text", "json")
def command(name: str, key: str | None, form: str) -> None:
    """Explain a KEY of pipeline NAME, such as `model.mlp.lr`, or of its project: value, place, history, readers.

    With one argument: what the finding with that ID means, such as `entity-split` or `yaml-ambiguous`.
    """
    if key is None:
        _finding(name, form)
        return
    from mlops.operations.language.explain import explain
    from mlops.operations.workspace import open_workspace

    explanation = explain(open_workspace(root(merging=True), (name,)), name, key)
    if form == "json":
        emit(asdict(explanation))
        return
    click.echo(f"{key} = {_short(explanation.value)}")
    for index, setting in enumerate(reversed(explanation.settings)):
        verb = "set by" if index == 0 else "replaces"
        shown = "" if index == 0 else f"{_short(setting.value)} of "
        click.echo(f"  {verb:<9}{shown}{setting.where or 'the default'}")
    click.echo(f"  {'read by':<9}{', '.join(explanation.readers) or 'nothing that runs'}")


def _finding(identity: str, form: str) -> None:
    from mlops.operations.language.documentation import explain_id

    text = explain_id(identity)
    if form == "json":
        emit({"id": identity, "documentation": text})
    else:
        click.echo(text)


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 100 else text[:97] + "..."
