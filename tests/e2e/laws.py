"""What holds of main after every merge, whatever was merged: six laws, each of which says how it is broken."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from mlops.documents.comparison import file_of as comparison_of
from mlops.errors import MlopsError
from mlops.operations.compiling.current import make_current
from mlops.operations.live.bundles import made_at
from mlops.operations.running.serve import find_bundle
from mlops.operations.workspace import open_workspace
from tests.builders.repositories import git
from tests.e2e.company import Company, speak
from tests.runner.event import Event

RELEASES = "conf/release/"
LIVE, BEFORE = "production", "staging"


@dataclass(frozen=True)
class Merge:
    """A merge into main; `recorded` is False where CI trained, and its run is yet to be recorded."""

    company: Company
    event: Event
    recorded: bool = True

    @property
    def before(self) -> str:
        return str(self.event.payload["before"])

    @property
    def changed(self) -> tuple[str, ...]:
        return self.company.origin.changed(self.before, self.event.sha)

    @property
    def reader(self) -> Path:
        return self.company.reader


def lawful(merge: Merge) -> None:
    """Hold a merge to all laws."""
    found = [sentence for law in LAWS for sentence in broken(law, merge)]
    merge.company.that(not found, "after a merge main breaks its laws" + "".join(f"\n  {told}" for told in found))


def broken(law: int, merge: Merge) -> list[str]:
    """Say how a merge breaks a law, a sentence each."""
    found: list[str] = []
    try:
        found.extend(f"law {law}: {sentence}" for sentence in LAWS[law](merge))
    except MlopsError as error:
        found.append(f"law {law}: a verb ends with {error.exit_code}: {error.message}")
    return found


def released(root: Path) -> dict[tuple[str, str], str]:
    """Read what the release files name: {(pipeline, environment): bundle}."""
    files = sorted(root.glob(f"{RELEASES}*/*.yaml"))
    return {(path.stem, path.parent.name): yaml.safe_load(path.read_text())["bundle"] for path in files}


def _one_key(merge: Merge) -> Iterator[str]:
    """A release or a rollback is the bundle in one file, with a reason and its evidence; nothing is to run after it.

    It holds of every merge that what is recorded is of what is checked out, and that nothing is to run where it was
    made.
    """
    if merge.recorded:
        code, out, said = speak(merge.reader, "verify")
        if code:
            yield f"verify ends with {code}: {out}{said}"
        for name in sorted(merge.company.learnt):
            _, out, said = speak(merge.company.work, "plan", name)
            if not (out.splitlines() or [""])[-1].startswith("Plan: 0 to run, 0 gates changed, 0 to deploy"):
                yield f"plan {name} says more than 0 to run: {out}{said}"
    files = [path for path in merge.changed if path.startswith(RELEASES)]
    if files:
        yield from _one_release(merge, files)


def _one_release(merge: Merge, files: list[str]) -> Iterator[str]:
    beside = ("/comparisons/", "/ledger/")  # which neither the compiler nor DVC reads
    others = [path for path in merge.changed if path not in files and not any(part in path for part in beside)]
    if len(files) > 1 or others:
        yield f"it is more than one release: {', '.join((*files, *others))}"
    before, after = (_said(merge.company, commit, files[0]) for commit in (merge.before, merge.event.sha))
    keys = {key for key in {*before, *after} if before.get(key) != after.get(key)}
    if keys - {"reason"} != {"bundle"}:
        yield f"it changes {', '.join(sorted(keys))} of {files[0]}"
    plan = json.loads(speak(merge.reader, "plan", "--base", merge.before, "-o", "json")[1])
    if plan["affected"]:
        yield f"it makes {', '.join(plan['affected'])} stale"


def _said(company: Company, commit: str, path: str) -> dict[str, Any]:
    if not git(company.origin.folder, "ls-tree", commit, "--", path):
        return {}
    return dict(yaml.safe_load(company.origin.read(commit, path)))


def _one_digest(merge: Merge) -> Iterator[str]:
    """What is released is what a gate judged, Git records, and the registry has once."""
    for (name, environment), bundle in released(merge.reader).items():
        commit = made_at(merge.reader, name, bundle)
        if commit is None:
            yield f"{name} in {environment} is {bundle}, which no commit records"
        else:
            gate = json.loads(merge.company.origin.read(commit, f"pipelines/{name}/reports/gate.json"))
            if (gate["bundle"], gate["verdict"]) != (bundle, "pass"):
                yield f"{name} in {environment} is {bundle}, judged: {gate['verdict']} on {gate['bundle']}"
        held = merge.company.verdicts(name, bundle)
        if held not in (["pass"], None):
            yield f"{name} in {environment} is {bundle}, registered with the verdicts {held}"


def _no_stage_reads_a_release(merge: Merge) -> Iterator[str]:
    """No stage reads a release file, nothing of what is live is compiled into one, and no run judged by what is live.

    What took the place of another bundle brought its comparison with that.
    """
    live = released(merge.reader)
    for path in sorted([merge.reader / "dvc.yaml", *merge.reader.glob("pipelines/*/*.yaml")]):
        text = path.read_text()
        if RELEASES in text or any(bundle in text for bundle in live.values()):
            yield f"{path.relative_to(merge.reader)} reads what is released"
    for path in sorted(merge.reader.glob("pipelines/*/reports/gate.json")):
        rules = json.loads(path.read_text())["rules"]
        if said := {rule["verdict"] for rule in rules if rule["against"] == "champion"} - {"deferred"}:
            yield f"{path.relative_to(merge.reader)} says {', '.join(sorted(said))} over the live model"
    for path in (path for path in merge.changed if path.startswith(f"{RELEASES}{LIVE}/")):
        before, after = (_said(merge.company, commit, path) for commit in (merge.before, merge.event.sha))
        name = Path(path).stem
        if before and not after.get("reason"):
            evidence = comparison_of(name, after["bundle"], before["bundle"])
            if not (merge.reader / evidence).is_file():
                yield f"{path} takes the place of {before['bundle']} without {evidence}"


def _verbs_read_the_release(merge: Merge) -> Iterator[str]:
    """`show`, `serve` and `monitor` name what the release files name."""
    reader, wanted = merge.reader, released(merge.reader)
    _, out, _ = speak(reader, "show", "-o", "json")
    shown = {(live["name"], live["environment"]): live["bundle"] for live in json.loads(out)["live"]}
    if shown != wanted:
        yield f"show names {shown}, released is {wanted}"
    for (name, environment), bundle in wanted.items():
        _, told, place = find_bundle(reader, name, environment)
        if (told, place) != (f"bundle {bundle[:19]}…, {environment}'s", environment):
            yield f"serve {name} --env {environment} takes {told}, released is {bundle}"
        if f"{RELEASES}{environment}/{name}.yaml" in merge.changed:
            code, out, said = speak(reader, "serve", name, "--env", environment, "--check")
            if code or not out.endswith(f"answered exactly as expected by {bundle}\n"):
                yield f"serve {name} --env {environment} --check ends with {code}: {out}{said}"
    if (merge.company.served / "log").exists():
        live = wanted["churn", LIVE]
        code, out, said = speak(reader, "monitor", "churn", "-o", "json")
        if code not in (0, 2, 7) or [report["bundle"] for report in json.loads(out)] != [live]:
            yield f"monitor churn ends with {code}, released is {live}: {out}{said}"


def _in_order(merge: Merge) -> Iterator[str]:
    """What is live in production was live in staging."""
    for (name, environment), bundle in released(merge.reader).items():
        if environment == LIVE:
            _, out, _ = speak(merge.reader, "history", name, "--env", BEFORE, "-o", "json")
            if bundle not in [moment["bundle"] for moment in json.loads(out)]:
                yield f"{name} in {LIVE} is {bundle}, which was never live in {BEFORE}"


def _compiled(merge: Merge) -> Iterator[str]:
    """Main is what its YAML compiles to: nothing that runs it would have to write first."""
    code, out, said = speak(merge.reader, "compile", "--check")
    if code:
        yield f"compile --check ends with {code}: {out}{said}"
    workspace = open_workspace(merge.reader)
    make_current(workspace, tuple(workspace.pipelines), frozen=True)  # what `run --frozen` asks before anything else


LAWS = {
    1: _one_key,
    2: _one_digest,
    3: _no_stage_reads_a_release,
    4: _verbs_read_the_release,
    5: _in_order,
    6: _compiled,
}
