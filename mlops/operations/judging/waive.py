"""`mlops waive`: a rule that may be missed for a while, as a file that its approver reviews."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from pydantic import ValidationError

from mlops.blocks.waiver import AFTER, Waiver
from mlops.configuration.reading.problems import sentence
from mlops.diagnostics import suggest
from mlops.errors import ConfigurationError
from mlops.files.atomic import write_text
from mlops.operations.language.edit import appended
from mlops.operations.workspace import open_workspace
from mlops.stages.declare.gate_bounds import gate_rule_ids

_HEAD = """\
# Rules of `{name}` that may be missed for a while. Read from the base commit too: a waiver counts once it is merged.
# yaml-language-server: $schema=../.schema/waiver.json
waivers: []
"""


@dataclass(frozen=True)
class Draft:
    """A waiver file as it would be, and what it was."""

    path: str
    text: str
    waiver: Waiver


def draft(
    root: Path,
    name: str,
    rule: str,
    *,
    reason: str,
    owner: str,
    approver: str,
    days: int,
    today: date,
    part: str | None,
) -> Draft:
    """Add a waiver to the pipeline's file, keeping its comments.

    Raises:
        ConfigurationError: there is no such pipeline or rule, or the waiver breaks a rule of waivers.
    """
    loaded = open_workspace(root, (name,)).pipelines[name]
    rules = (*gate_rule_ids(loaded.spec), AFTER)
    if rule not in rules:
        raise ConfigurationError(f"`{name}` has no rule `{rule}`", hint=suggest(rule, rules))
    entry = {
        "rule": rule,
        **({} if part is None else {"slice": part}),
        "reason": reason,
        "owner": owner,
        "approver": approver,
        "granted": today.isoformat(),
        "expires": (today + timedelta(days=days)).isoformat(),
    }
    waiver = _checked(entry)
    path = f"conf/waiver/{name}.yaml"
    before = (root / path).read_text(encoding="utf-8") if (root / path).is_file() else _HEAD.format(name=name)
    return Draft(path, appended(before, "waivers", entry), waiver)


def write(root: Path, waived: Draft) -> None:
    """Write the file."""
    write_text(root / waived.path, waived.text)


def _checked(entry: dict[str, str]) -> Waiver:
    try:
        return Waiver.model_validate(entry)
    except ValidationError as error:
        said = "; ".join(map(sentence, error.errors(include_url=False)))
        raise ConfigurationError(f"this waiver cannot be: {said}", hint="mlops explain waiver") from error
