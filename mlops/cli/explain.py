"""`mlops explain`: where a value came from, or what a finding means."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from mlops.cli.options import output, result, root

if TYPE_CHECKING:
    from mlops.operations.language.explain import Explanation


@click.command()
@click.argument("name", metavar="NAME|ID")
@click.argument("key", required=False)
@output("text", "json")
def command(name: str, key: str | None, form: str) -> None:
    """Explain a KEY of pipeline NAME, such as `model.mlp.lr`, or of its project: value, place, history, readers.

    With one argument: what the finding with that ID means, such as `entity-split` or `yaml-ambiguous`.
    """
    from mlops.operations.language.documentation import explain_id
    from mlops.operations.language.explain import explain
    from mlops.operations.workspace import open_workspace

    if key is None:
        text = explain_id(name)
        result(form, {"id": name, "documentation": text}, [text])
        return
    found = explain(open_workspace(root(merging=True), (name,)), name, key)
    result(form, asdict(found), _lines(key, found))


def _lines(key: str, found: Explanation) -> Iterator[str]:
    yield f"{key} = {_short(found.value)}"
    for index, setting in enumerate(reversed(found.settings)):
        verb = "set by" if index == 0 else "replaces"
        shown = "" if index == 0 else f"{_short(setting.value)} of "
        yield f"  {verb:<9}{shown}{setting.where or 'the default'}"
    yield f"  {'read by':<9}{', '.join(found.readers) or 'nothing that runs'}"


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 100 else text[:97] + "..."
