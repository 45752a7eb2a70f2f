"""`mlops render`: the resolved configuration."""

from __future__ import annotations

from typing import Any

import click

from mlops.cli.options import output, result, root


@click.command()
@click.argument("name")
@click.option("--origins", is_flag=True, help="Say of every value where it was written.")
@output("yaml", "json")
def command(name: str, origins: bool, form: str) -> None:
    """Print everything about a pipeline, defaults filled in and references resolved."""
    from mlops.configuration.data import dump
    from mlops.operations.workspace import open_workspace

    workspace = open_workspace(root(merging=True), (name,))
    loaded = workspace.pipelines[name]
    value = dump(loaded.spec)
    if not origins:
        import yaml

        text = yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=120)
        result(form, value, [text.removesuffix("\n")])
        return
    for key, item in _leaves(value, ()):
        settings = loaded.origins.of(key)
        where = settings[-1].position if settings else "default"
        click.echo(f"{'.'.join(map(str, key))}: {item!r}  # {where}")


def _leaves(value: Any, path: tuple[str | int, ...]) -> list[tuple[tuple[str | int, ...], Any]]:
    if isinstance(value, dict) and value:
        return [leaf for key, item in value.items() for leaf in _leaves(item, (*path, key))]
    return [(path, value)]
