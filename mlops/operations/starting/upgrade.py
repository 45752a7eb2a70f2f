"""`mlops upgrade`: another release in one change: the pin, the lock, the compiled files, the YAML where it must."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from mlops.errors import ConfigurationError
from mlops.files.atomic import bytes_of, write_bytes, write_text
from mlops.files.exchange import exchange
from mlops.ledger.decided import decided
from mlops.ledger.entry import MODEL
from mlops.operations.auditing.enter import reading
from mlops.operations.auditing.shelf import lines_here
from mlops.operations.compiling.compile import compile_files
from mlops.operations.language.schema import write_files
from mlops.operations.planning.plan import plan
from mlops.operations.reviewing.proposal import Proposal, submit
from mlops.operations.starting import lock
from mlops.operations.starting.kept import kept
from mlops.operations.starting.migrations import MIGRATIONS, Migration, migrate
from mlops.operations.starting.offered import Offered, offer, refuse_other
from mlops.operations.starting.pin import FILE, Pin, Requirements, blocks, versions, write
from mlops.operations.starting.rehearsal import rehearsal
from mlops.operations.starting.standing import refuse_downgrade, stand
from mlops.operations.starting.stores import stores, unmet
from mlops.operations.starting.upgraded import Upgraded, body, told
from mlops.operations.starting.wheel import Source
from mlops.operations.superseded import superseded
from mlops.operations.workspace import Workspace, open_workspace
from mlops.present.markdown.upgrade import Stale

Elsewhere = Callable[[Path, Path, Sequence[str]], int]


@dataclass(frozen=True)
class Wanted:
    """What was asked for: a wheel (file or address), a version, or, with neither, the release that runs here.

    `here` says that this program was installed to be the one that is asked for.
    """

    given: str | None = None
    version: str | None = None
    dry: bool = False
    propose: bool = False
    here: bool = False
    form: str = "text"

    def arguments(self) -> tuple[str, ...]:
        """Spell the same question for another release: what is spelt here, every later release must take."""
        given = self.given if self.given is None or "://" in self.given else str(Path(self.given).absolute())
        options = [("--from", given), ("--to", self.version), ("-o", None if self.form == "text" else self.form)]
        flags = [("--dry-run", self.dry), ("--propose", self.propose)]
        said = [part for name, value in options if value is not None for part in (name, value)]
        return ("upgrade", "--here", *said, *(name for name, wanted in flags if wanted))


def upgrade(
    root: Path,
    wanted: Wanted,
    source: Source | None,
    elsewhere: Elsewhere,
    *,
    tell: Callable[[str], None] = lambda _: None,
    migrations: tuple[Migration, ...] = MIGRATIONS,
) -> Upgraded | int:
    """Move a repository to a release: all of it or nothing; an exit code where that release itself did it, `elsewhere`.

    To the release that it is on, the lock is given what DVC's remotes need and it lacks.

    Raises:
        ConfigurationError: the repository cannot be moved from where it stands, or that release refuses its YAML.
        IntegrityError: a wheel is not what its hash says.
        InfrastructureError: something outside is missing, or a file cannot be written.
    """
    before = stand(root)
    with TemporaryDirectory(prefix="mlops-wheel-") as folder:
        offered = offer(wanted.given, wanted.version, source, Path(folder))
        refuse_downgrade(before.pin, offered.pin)
        if offered.pin == before.pin and not unmet(root, before.lock):
            return Upgraded(before.pin, offered.pin, "nothing to do")
        if wanted.here:
            refuse_other(offered)
        if offered.path is not None:
            tell(f"installing mlops {offered.pin.version} into an environment of its own")
            return elsewhere(offered.path, root, wanted.arguments())
        with rehearsal(root) as copy:
            built = _build(root, copy, before, offered, migrations)
    if wanted.dry:
        return replace(built.upgraded, done="would be written")
    if not wanted.propose:
        exchange(root, built.files)
        return replace(built.upgraded, done="written", undo=_undo(built))
    made = submit(root, _proposal(built), base=built.branch)
    return replace(built.upgraded, done="proposed", proposed=made, undo=_undo(built) if made.done == "written" else "")


@dataclass(frozen=True)
class _Built:
    """What a rehearsal gave: the files to write or, where None, to remove, and what is said of them."""

    files: dict[str, bytes | None]
    added: tuple[str, ...]
    upgraded: Upgraded
    branch: str


def _build(root: Path, copy: Path, before: Requirements, offered: Offered, migrations: tuple[Migration, ...]) -> _Built:
    touched, removed = {FILE}, set[str]()
    pin = offered.pin
    requirements, own = _requirements(root, before, pin)
    write_text(copy / FILE, write(requirements))
    if before.pin.file and before.pin.file != pin.file:
        (copy / before.pin.file).unlink()
        removed.add(before.pin.file)
    if offered.wheel.data is not None:
        write_bytes(copy / pin.file, offered.wheel.data)
        touched.add(pin.file)
    migrated = migrate(_yaml(copy), before.pin.version, pin.version, migrations)
    for path, changed in migrated.items():
        write_bytes(copy / path, changed.text.encode())
    workspace = open_workspace(copy)
    _refuse_version(workspace, pin)
    touched |= {*migrated, *compile_files(workspace).touched}
    for path in superseded(copy):
        (copy / path).unlink()
        removed.add(path)
    if (copy / "conf" / ".schema").is_dir():
        touched |= set(write_files(copy))
    found: dict[str, bytes | None] = {path: bytes_of(copy / path) for path in touched | removed}
    files = {path: data for path, data in found.items() if data != bytes_of(root / path)}
    upgraded = Upgraded(
        before.pin,
        pin,
        "",
        files=tuple(sorted(files)),
        stale=tuple(_stale(root, workspace)),
        migrated={path: changed.says for path, changed in migrated.items()},
        packages=_moved(before, requirements) if pin != before.pin else _new(before, requirements),
        kept=tuple(sorted(versions("".join(own)))),
        unentered=tuple(name for name in workspace.pipelines if pin != before.pin and _unentered(root, name)),
    )
    added = tuple(path for path in sorted(files) if not (root / path).is_file())
    return _Built(files, added, upgraded, workspace.project.ci.branch)


def _requirements(root: Path, before: Requirements, pin: Pin) -> tuple[Requirements, tuple[str, ...]]:
    """Lock what the release needs, and what people had added, which is given as blocks too."""
    wanted = stores(root, before.lock)
    if pin == before.pin:
        return Requirements(pin, lock.with_stores(before.lock, wanted)), ()
    own = kept(root, before, new := lock.shipped(before.lock, wanted))
    return Requirements(pin, "".join(sorted((*blocks(new), *own)))), own


def _refuse_version(workspace: Workspace, pin: Pin) -> None:
    if entry := workspace.policy.versions.refuses(pin.version):
        message = f"conf/policy.yaml refuses mlops {pin.version}: `versions: {{refused: [{entry}]}}`"
        raise ConfigurationError(message, hint="name another release: mlops upgrade --to VERSION")


def _yaml(root: Path) -> dict[str, str]:
    """Read the YAML that people write; what is no UTF-8 is not migrated, and refused when it is read."""
    found = {}
    for path in sorted((root / "conf").rglob("*.yaml")):
        try:
            found[path.relative_to(root).as_posix()] = path.read_bytes().decode("utf-8")
        except UnicodeDecodeError:
            continue
    return found


def _stale(root: Path, workspace: Workspace) -> Iterator[Stale]:
    """Plan what was compiled against the last run, whose lock, reports and cache are in the work tree."""
    for change in plan(replace(workspace, root=root)).pipelines:
        for stage in change.stages:
            if stage.runs:
                yield Stale(change.name, stage.name, stage.reasons, stage.follows)


def _unentered(root: Path, name: str) -> bool:
    """Whether a pipeline has a verdict and no ledger, as a release leaves it that knew none."""
    return not lines_here(root, name) and bool(decided(name, MODEL, reading(root)))


def _moved(before: Requirements, after: Requirements) -> tuple[str, ...]:
    old, new = before.versions(), after.versions()
    return tuple(
        f"{name} {old.get(name, 'new')} → {new.get(name, 'gone')}"
        for name in sorted({*old, *new})
        if old.get(name) != new.get(name)
    )


def _new(before: Requirements, after: Requirements) -> tuple[str, ...]:
    old = before.versions()
    return tuple(f"{name} {version}" for name, version in sorted(after.versions().items()) if name not in old)


def _undo(built: _Built) -> str:
    added = " ".join(shlex.quote(path) for path in built.added)
    return "git restore ." + (f" && rm {added}" if added else "")


def _proposal(built: _Built) -> Proposal:
    upgraded = built.upgraded
    return Proposal(
        branch=f"mlops/upgrade/{upgraded.after.version}",
        title="Lock what DVC needs for its remotes"
        if upgraded.same
        else f"Upgrade mlops {told(upgraded.before, upgraded.after)}",
        body=body(upgraded),
        files=built.files,
        labels=("upgrade",),
    )
