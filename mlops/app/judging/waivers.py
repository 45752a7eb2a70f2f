"""The waivers of each pipeline, held against the rules that its gate has."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from mlops.app.git import file_at
from mlops.diagnostics import Diagnostic, suggest
from mlops.lower.serving import gate_rule_ids
from mlops.spec.reading.document import read
from mlops.spec.reading.library import Configuration
from mlops.spec.reading.load import Loaded, parse_document
from mlops.spec.waiver import AFTER, Waiver, Waivers


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


def waivers_at(root: Path, commit: str, name: str) -> tuple[Waiver, ...]:
    """Read the waivers of a pipeline as a commit has them; none where it has none, or none that can be read."""
    file = f"conf/waiver/{name}.yaml"
    return waivers_in(file, file_at(root, commit, file))


def waivers_in(file: str, data: bytes | None) -> tuple[Waiver, ...]:
    """Read a file of waivers; none where there is none, or none that can be read."""
    block = None if data is None else parse_document(Waivers, read(file, data))[0]
    return block.waivers if block else ()
