"""What holds of main after every merge, whatever was merged."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from mlops.app.running.serve import find_bundle
from tests.builders.repositories import git
from tests.e2e.company import Company, speak
from tests.runner.event import Event

RELEASES = "conf/release/"


def lawful(company: Company, event: Event, *, recorded: bool = True) -> None:
    """Hold a merge to all laws; `recorded` is False where CI trained, and its run is yet to be recorded."""
    found = broken(company, event, recorded=recorded)
    company.that(not found, "after a merge main breaks its laws" + "".join(f"\n  {sentence}" for sentence in found))


def broken(company: Company, event: Event, *, recorded: bool = True) -> list[str]:
    """Say which laws main breaks after a merge, a sentence each."""
    changed = company.origin.changed(event.payload["before"], event.sha)
    found = [*_compiled(company.reader), *_independent(company.reader), *_named(company, changed)]
    if recorded:
        found += [*_recorded(company), *_one_key(company, event, changed)]
    return found


def released(root: Path) -> dict[tuple[str, str], str]:
    """Read what the release files name: {(pipeline, environment): bundle}."""
    files = sorted(root.glob(f"{RELEASES}*/*.yaml"))
    return {(path.stem, path.parent.name): yaml.safe_load(path.read_text())["bundle"] for path in files}


def _compiled(reader: Path) -> Iterator[str]:
    code, out, said = speak(reader, "compile", "--check")
    if code:
        yield f"compile --check ends with {code}: {out}{said}"


def _independent(reader: Path) -> Iterator[str]:
    """No stage reads a release file, and nothing of what is live is compiled into one."""
    bundles = set(released(reader).values())
    for path in sorted([reader / "dvc.yaml", *reader.glob("pipelines/*/*.yaml")]):
        text = path.read_text()
        if RELEASES in text or any(bundle in text for bundle in bundles):
            yield f"{path.relative_to(reader)} reads what is released"


def _recorded(company: Company) -> Iterator[str]:
    """What is recorded is of what is checked out, and where it was made nothing is to run."""
    code, out, said = speak(company.reader, "verify")
    if code:
        yield f"verify ends with {code}: {out}{said}"
    for name in sorted(company.learnt):
        _, out, said = speak(company.work, "plan", name)
        if not (out.splitlines() or [""])[-1].startswith("Plan: 0 to run, 0 gates changed, 0 to deploy"):
            yield f"plan {name} says more than 0 to run: {out}{said}"


def _one_key(company: Company, event: Event, changed: tuple[str, ...]) -> Iterator[str]:
    """A release or a rollback is the bundle in one file, with a reason; its evidence lies beside it."""
    files = [path for path in changed if path.startswith(RELEASES)]
    if not files:
        return
    others = [path for path in changed if path not in files and "/comparisons/" not in path]
    if len(files) > 1 or others:
        yield f"it is more than one release: {', '.join((*files, *others))}"
    before, after = (_said(company, commit, files[0]) for commit in (event.payload["before"], event.sha))
    keys = {key for key in {*before, *after} if before.get(key) != after.get(key)}
    if keys - {"reason"} != {"bundle"}:
        yield f"it changes {', '.join(sorted(keys))} of {files[0]}"
    affected = json.loads(speak(company.reader, "plan", "--base", event.payload["before"], "-o", "json")[1])["affected"]
    if affected:
        yield f"it makes {', '.join(affected)} stale"


def _said(company: Company, commit: str, path: str) -> dict[str, Any]:
    if not git(company.origin.folder, "ls-tree", commit, "--", path):
        return {}
    return dict(yaml.safe_load(company.origin.read(commit, path)))


def _named(company: Company, changed: tuple[str, ...]) -> Iterator[str]:
    """`show`, `serve` and `monitor` name what the release files name."""
    wanted = released(company.reader)
    _, out, _ = speak(company.reader, "show", "-o", "json")
    shown = {(live["name"], live["environment"]): live["bundle"] for live in json.loads(out)["live"]}
    if shown != wanted:
        yield f"show names {shown}, released is {wanted}"
    for (name, environment), bundle in wanted.items():
        _, told, place = find_bundle(company.reader, name, environment)
        if (bundle[:19], environment) != (told.removeprefix("bundle ").partition("…")[0], place):
            yield f"serve {name} --env {environment} takes {told}, released is {bundle}"
        if f"{RELEASES}{environment}/{name}.yaml" in changed:
            code, out, said = speak(company.reader, "serve", name, "--env", environment, "--check")
            if code or not out.endswith(f"answered exactly as expected by {bundle}\n"):
                yield f"serve {name} --env {environment} --check ends with {code}: {out}{said}"
    if (company.served / "log").exists():
        live = wanted["churn", "production"]
        code, out, said = speak(company.reader, "monitor", "churn", "-o", "json")
        if code not in (0, 2, 7) or [report["bundle"] for report in json.loads(out)] != [live]:
            yield f"monitor churn ends with {code}, released is {live}: {out}{said}"
