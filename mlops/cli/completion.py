"""What a shell completes: names of pipelines and environments, read off conf/ alone, so that a key answers at once.

`_MLOPS_COMPLETE=bash_source mlops` (`zsh_source`, `fish_source`) prints what a shell is to run; click's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import click
from click.shell_completion import CompletionItem


def pipelines(root: Path) -> list[str]:
    """Name the pipelines that have YAML, and those of fleets, which have a compiled folder."""
    declared = {file.stem for file in (root / "conf" / "pipeline").glob("*.yaml")}
    return sorted(declared | {file.parent.name for file in (root / "pipelines").glob("*/dvc.yaml")})


def environments(root: Path) -> list[str]:
    """Name the environments that conf/project.yaml declares, and those with release files."""
    import yaml

    text = (root / "conf" / "project.yaml").read_text(encoding="utf-8")
    declared = (yaml.safe_load(text) or {}).get("environments") or {}
    released = {folder.name for folder in (root / "conf" / "release").glob("*") if folder.is_dir()}
    return sorted(released | {str(name) for name in declared})


class _Name(click.types.StringParamType):
    """A text whose values lie in the repository; it checks nothing."""

    def __init__(self, find: Callable[[Path], Iterable[str]]) -> None:
        self.find = find

    def known(self) -> list[str]:
        """Give the values, from where one stands; none where the YAML is wrong, which `mlops validate` says."""
        from mlops.operations.root import search_root

        try:
            here = search_root(Path.cwd())
            return [] if here is None else list(self.find(here))
        except Exception:  # whatever it is, it is not to be told in the middle of a line
            return []

    def shell_complete(self, context: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
        found = self.known()
        given = {name for value in context.params.values() if isinstance(value, tuple) for name in value}
        return [CompletionItem(name) for name in found if name.startswith(incomplete) and name not in given]


_NAMES = {"name": _Name(pipelines), "names": _Name(pipelines), "environment": _Name(environments)}


def known(parameter: click.Parameter | None) -> list[str]:
    """Give the values that a parameter may have here, where they lie in the repository."""
    return parameter.type.known() if parameter is not None and isinstance(parameter.type, _Name) else []


def complete(command: click.Command) -> None:
    """Have a verb's arguments NAME and its `--env` completed, by what they are called."""
    for parameter in command.params:
        if parameter.name in _NAMES and parameter.type is click.STRING:
            parameter.type = _NAMES[parameter.name]
