"""`mlops why`: from a prediction back to its bundle, the verdict on it, its data, the commit, the pull request."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from mlops.documents.statement import Statement
from mlops.errors import ConfigurationError, InfrastructureError, IntegrityError
from mlops.ledger.entry import Entry
from mlops.ledger.line import Line
from mlops.operations.auditing.shelf import lines_at
from mlops.operations.git import commit_of, files_at, git
from mlops.operations.live.bundles import made_at
from mlops.operations.live.history import pull_request_of, shallow
from mlops.operations.live.releases import environments, usual
from mlops.operations.watching.prediction_log import Listed, read_log
from mlops.operations.workspace import Workspace

_DIGEST = re.compile(r"(sha256:)?[0-9a-f]{12,64}")


@dataclass(frozen=True)
class Asked:
    """A prediction that stands in a log: which bundle made it, when, and where."""

    name: str
    bundle: str
    prediction: str
    at: str
    environment: str | None


@dataclass(frozen=True)
class Decision:
    """An entry of the ledger about a bundle, and the commit of the main line that brought it."""

    place: str
    kind: str
    verdict: str | None
    entry: str
    commit: str
    date: str
    author: str
    subject: str
    pull_request: int | None


@dataclass(frozen=True)
class Why:
    """What stands behind a bundle; `made` is the commit that holds the reports of its run, with what these name."""

    pipeline: str
    bundle: str
    asked: Asked | None
    decisions: tuple[Decision, ...]
    made: str | None = None
    data: str | None = None
    configuration: str | None = None


def why(workspace: Workspace, wanted: str) -> tuple[Why, ...]:
    """Tell what stands behind a prediction, or behind the bundles whose digest begins so.

    Raises:
        ConfigurationError: nothing of that name is known here.
        InfrastructureError: a part of the history was not fetched.
    """
    root = workspace.root
    if shallow(root):
        raise InfrastructureError("the history before was not fetched", hint="git fetch --unshallow")
    lines = lines_at(root, commit_of(root, "HEAD"), workspace.pipelines)
    if _DIGEST.fullmatch(wanted) and (known := _bundles(lines, wanted)):
        return tuple(_behind(root, name, bundle, lines[name], None) for name, bundle in sorted(known))
    asked = next(_asked(workspace, wanted), None)
    if asked is None:
        hint = "give the prediction id or client_id of a logged answer, or 12 digits of a bundle's digest or more"
        if wanted in workspace.pipelines:
            hint = f"what was live of a pipeline: mlops history {wanted}; {hint}"
        raise ConfigurationError(f"no ledger and no prediction log here knows {wanted[:80]!r}", hint=hint)
    return (_behind(root, asked.name, asked.bundle, lines[asked.name], asked),)


def _bundles(lines: dict[str, dict[str, Line]], wanted: str) -> set[tuple[str, str]]:
    begins = f"sha256:{wanted.removeprefix('sha256:')}"
    subjects = (
        (name, entry.subject)
        for name, places in lines.items()
        for line in places.values()
        for entry in line.entries.values()
    )
    return {(name, subject) for name, subject in subjects if subject is not None and subject.startswith(begins)}


def _asked(workspace: Workspace, wanted: str) -> Iterator[Asked]:
    """Look a prediction up in the logs of every pipeline that is watched, by its id or by what its client calls it."""
    root, project = workspace.root, workspace.project
    for name, loaded in workspace.pipelines.items():
        monitor = loaded.spec.monitor
        if monitor is None:
            continue
        for place in environments(root, project) or (None,):
            listed = read_log(root, name, monitor, place, usual=place == usual(root, project))
            yield from (Asked(name, *found, place) for found in _logged(listed, wanted))


def _logged(listed: Listed, wanted: str) -> Iterator[tuple[str, str, str]]:
    from mlops.bundle.prediction_log import segments
    from mlops.monitor.log import span
    from mlops.monitor.segment import CLIENT, read_segment

    whole = span(listed.names)
    if whole is None:
        return
    for folder in listed.bring(whole[0], whole[1] + timedelta(seconds=1)):
        for path in segments(folder):
            frame = read_segment(path)
            found = frame.filter((frame.get_column("prediction_id") == wanted) | (frame.get_column(CLIENT) == wanted))
            shown = found.sort("at", descending=True).select("bundle", "prediction_id", "at")
            yield from ((bundle, identity, at.isoformat()) for bundle, identity, at in shown.iter_rows())


def _behind(root: Path, name: str, bundle: str, lines: dict[str, Line], asked: Asked | None) -> Why:
    entries = {
        line.file_of(entry): entry
        for line in lines.values()
        for entry in line.entries.values()
        if entry.subject == bundle
    }
    decisions = tuple(_decisions(root, entries)) if entries else ()
    made = made_at(root, name, bundle)
    path = f"pipelines/{name}/reports/bundle.json"
    try:
        statement = None if made is None else Statement.parse(files_at(root, made, [path]).get(path, b""))
    except IntegrityError:
        statement = None
    said = (None, None) if statement is None else (statement.data, statement.configuration)
    return Why(name, bundle, asked, decisions, made, *said)


def _decisions(root: Path, entries: dict[str, Entry]) -> Iterator[Decision]:
    """Find the commits that brought entries, oldest first, in one process."""
    fields = "%x01%H%x00%cs%x00%an%x00%s%x00"
    wanted = ("log", "-z", "--first-parent", "-m", "--reverse", "--diff-filter=A", "--no-renames", "--name-only")
    done = git(root, *wanted, f"--format={fields}", "HEAD", "--", *entries)
    for text in done.stdout.decode(errors="replace").split("\x01")[1:]:
        commit, date, author, subject, *paths = text.split("\0")
        for path in paths:
            entry = entries.get(path.removeprefix("\n"))
            if entry is not None:
                pull = pull_request_of(subject)
                yield Decision(entry.place, entry.kind, entry.verdict, entry.name, commit, date, author, subject, pull)
