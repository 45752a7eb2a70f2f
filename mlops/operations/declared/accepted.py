"""Incidents that were accepted for a while: read as waivers are, and in force once they are on the main line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

from mlops.blocks.accepted_leak import AcceptedLeak
from mlops.configuration.accept import Acceptance, Acceptances
from mlops.configuration.load import parse_document
from mlops.configuration.reading.document import Document
from mlops.configuration.reading.library import Configuration
from mlops.configuration.reading.parse import read
from mlops.diagnostics import Diagnostic
from mlops.operations.declared.policy import policy_at
from mlops.operations.declared.waivers import may_own
from mlops.operations.git import file_at, git


def file_of(name: str) -> str:
    """Name the file of a pipeline, relative to the repository."""
    return f"conf/accept/{name}.yaml"


def main_line(root: Path, branch: str) -> str | None:
    """Name the commit that the main line is at, as far as it was fetched; the current one where there is no remote."""
    for reference in (f"refs/remotes/origin/{branch}", "HEAD"):
        done = git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{reference}^{{commit}}")
        if not done.returncode:
            return done.stdout.decode().strip()
    return None


def acceptances_at(root: Path, commit: str | None, name: str) -> tuple[Acceptance, ...]:
    """Read the acceptances of a pipeline as a commit has them; none where it has none, or none that can be read."""
    data = None if commit is None else file_at(root, commit, file_of(name))
    return () if data is None else _entries(read(file_of(name), data))


def waiting(root: Path, commit: str | None, name: str) -> bool:
    """Whether the work tree has acceptances that are not merged, and so count for nothing yet."""
    path = root / file_of(name)
    if not path.is_file():
        return False
    merged = acceptances_at(root, commit, name)
    return any(entry not in merged for entry in _entries(read(file_of(name), path.read_bytes())))


def wrong(configuration: Configuration, names: Iterable[str]) -> list[Diagnostic]:
    """Find what is wrong with the files of acceptances."""
    return [
        found for _, document in _documents(configuration, names) for found in parse_document(Acceptances, document)[1]
    ]


def leaks(configuration: Configuration, names: Iterable[str]) -> dict[str, AcceptedLeak]:
    """Read which columns each pipeline may hang on; what is wrong with a file is said by `wrong`."""
    read = ((name, parse_document(Acceptances, document)[0]) for name, document in _documents(configuration, names))
    return {name: block.leak for name, block in read if block is not None and block.leak is not None}


def expired(configuration: Configuration, names: Iterable[str], today: date) -> list[Diagnostic]:
    """Warn of acceptances that hold no more: the next window is an incident again."""
    found: list[Diagnostic] = []
    for name, document in _documents(configuration, names):
        found += _leak_ended(name, document, today)
        for index, entry in enumerate(_entries(document)):
            if date.fromisoformat(entry.until) < today:
                where = document.where(("accepted", index, "until"), key=False)
                what = f"`{entry.check}`" if entry.column is None else f"`{entry.check}` of `{entry.column}`"
                message = f"{name}: {what} was accepted until {entry.until}"
                hint = "remove it, or repair the feed; another acceptance needs another approval"
                found.append(Diagnostic(where, message, hint, "accept-expired", severity="warning"))
    return found


def _leak_ended(name: str, document: Document, today: date) -> Iterator[Diagnostic]:
    """Warn of a leak that is accepted no more, and of one that is accepted for ever."""
    leak = _leak(document)
    if leak is None:
        return
    if leak.until is None:
        hint = "write `owner`, `approver`, `since` and `until` below it, as for an incident"
        what, key = f"{name}: `leak` is accepted for ever", ("leak",)
        yield Diagnostic(document.where(key, key=True), what, hint, "accept-endless", severity="warning")
    elif date.fromisoformat(leak.until) < today:
        hint = "leave the columns out, or accept it again; that needs another approval"
        what = f"{name}: `leak` was accepted until {leak.until}"
        yield Diagnostic(document.where(("leak", "until"), key=False), what, hint, "accept-expired", severity="warning")


def leak_at(root: Path, commit: str, name: str) -> AcceptedLeak | None:
    """Read the leak that is accepted of a pipeline as a commit has it; None where it has none that can be read."""
    return leak_in(name, file_at(root, commit, file_of(name)))


def leak_in(name: str, data: bytes | None) -> AcceptedLeak | None:
    """Read the leak that a pipeline's file of acceptances accepts; None where it has none that can be read."""
    return None if data is None else _leak(read(file_of(name), data))


def leak_approved_by_others(root: Path, base: str, names: Iterable[str]) -> list[Diagnostic]:
    """Find leaks that a pull request accepts, and whose approver owns no policy; of teams only GitHub can tell.

    Raises:
        ConfigurationError: the policy of the base cannot be read.
    """
    policy = policy_at(root, base)
    if policy is None:
        return []
    found: list[Diagnostic] = []
    for name in (name for name in names if (root / file_of(name)).is_file()):
        document = read(file_of(name), (root / file_of(name)).read_bytes())
        leak = _leak(document)
        if leak is None or leak.approver is None or leak == leak_at(root, base, name):
            continue
        if not may_own(policy, leak.approver):
            where = document.where(("leak", "approver"), key=False)
            message = f"`{leak.approver}` does not own the policy and cannot accept a leak"
            hint = f"name one of its owners: {', '.join(policy.owners)}"
            found.append(Diagnostic(where, message, hint, "accept-approver"))
    return found


def approved_by_author(configuration: Configuration, base: str, names: Iterable[str], author: str) -> list[Diagnostic]:
    """Find acceptances that a pull request adds and that name its own author as the one who allows them."""
    found: list[Diagnostic] = []
    for name, document in _documents(configuration, names):
        before = acceptances_at(configuration.root, base, name)
        found += _leak_of_author(document, leak_at(configuration.root, base, name), author)
        for index, entry in enumerate(_entries(document)):
            if entry not in before and _is(entry.approver, author):
                where = document.where(("accepted", index, "approver"), key=False)
                message = f"`{entry.approver}` opened this pull request and cannot approve what it accepts"
                found.append(Diagnostic(where, message, "name somebody else, who reviews it", "accept-own-approval"))
    return found


def _leak_of_author(document: Document, before: AcceptedLeak | None, author: str) -> Iterator[Diagnostic]:
    leak = _leak(document)
    if leak is not None and leak != before and leak.approver is not None and _is(leak.approver, author):
        where = document.where(("leak", "approver"), key=False)
        message = f"`{leak.approver}` opened this pull request and cannot approve what it accepts"
        yield Diagnostic(where, message, "name somebody else, who reviews it", "accept-own-approval")


def _is(approver: str, author: str) -> bool:
    return approver.casefold() == f"@{author.lstrip('@')}".casefold()


def _leak(document: Document) -> AcceptedLeak | None:
    block = parse_document(Acceptances, document)[0]
    return block.leak if block else None


def _documents(configuration: Configuration, names: Iterable[str]) -> Iterator[tuple[str, Document]]:
    for name in names:
        document = configuration.document(f"accept/{name}")
        if document is not None:
            yield name, document


def _entries(document: Document) -> tuple[Acceptance, ...]:
    block = parse_document(Acceptances, document)[0]
    return block.accepted if block else ()
