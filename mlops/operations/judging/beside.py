"""A change judged by the code, the settings and the rules of another commit, which lies beside it and runs this.

The pull request's own jobs ran its code and left a lock, a bundle and reports, told of by their digest: they are taken
as data, held against the change and each other, and everything else is made again. Which pipelines must be judged is
decided here, whatever the plan of the change said.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from mlops.documents.change_report import FRAMEWORK_CHANGE
from mlops.errors import ConfigurationError, Inconclusive, InfrastructureError, IntegrityError, MlopsError
from mlops.operations.git import changed_between, commit_of, file_at, has_commit
from mlops.operations.judging.bootstrap import refuse_bootstrap
from mlops.operations.judging.opponent import sections_of
from mlops.operations.judging.other_rows import ForgedRows, OtherRows
from mlops.operations.planning.relied import framework_of
from mlops.operations.project import open_project
from mlops.operations.verdicts.cost import Cost
from mlops.operations.workspace import Workspace, open_workspace, refuse
from mlops.plan.gate import rules_of
from mlops.present.verdicts import to_look_at

if TYPE_CHECKING:
    from mlops.operations.reviewing.reviews import Answers
    from mlops.operations.verdicts.rejudged import Rejudged

_RECORDED = ("dvc.lock", "reports/")


@dataclass(frozen=True)
class Beside:
    """The repository that judges, at commit `base`, and the checkout `root` of the change.

    `framework` are the changed files that jobs install the program from: then the change may be compiled, and may have
    been run, by another version than the one that judges.
    """

    home: Path
    root: Path
    base: str
    framework: tuple[str, ...]

    @classmethod
    def of(cls, home: Path, change: Path) -> Beside:
        """Look at both; raises InfrastructureError where the change does not know the commit that judges."""
        base = commit_of(home, "HEAD")
        if not has_commit(change, base):
            raise InfrastructureError(
                f"{change} does not have the commit {base[:8]} that judges it", hint="git fetch --unshallow there"
            )
        refuse_bootstrap(home, base)
        _, project = open_project(home)
        changed = changed_between(change, base, "HEAD", ["."])
        return cls(home, change, base, framework_of(changed, project.ci.install))

    @cached_property
    def workspace(self) -> Workspace:
        """The change's YAML, read by the code that judges."""
        with self.explained():
            return open_workspace(self.root)

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Where the change moves the framework too, take what the judge cannot read or make for no fault of the change.

        It ends red all the same: nobody says that it is right.
        """
        try:
            yield
        except (Inconclusive, InfrastructureError, ForgedRows):
            raise
        except MlopsError as error:
            if not self.framework:
                raise
            raise Inconclusive(
                f"{FRAMEWORK_CHANGE}: by the code of {self.base[:8]}, {error.message}",
                hint=f"merge what changes {self.framework[0]} first, in a pull request of its own",
            ) from error


def owed(beside: Beside) -> tuple[str, ...]:
    """Name the pipelines that the change affects, as the judge's code plans it.

    Raises:
        IntegrityError: a lock or a report changed, of what this plan calls not affected.
        ConfigurationError: the release that an upgrade moves to judges it, and would not have written all of it.
        Inconclusive: the judge's code cannot read the change, which moves the framework.
    """
    from mlops.operations.planning.plan import plan

    workspace = beside.workspace
    _refuse_mixed(beside)
    with beside.explained():
        affected = plan(workspace, beside.base).affected
    lost = sorted(set(_recorded(beside)) - set(affected))
    if lost:
        raise IntegrityError(
            f"{', '.join(lost)}: a lock or a report changed, and no pipeline answers for it",
            hint="take it back from Git, or bring the pipeline that wrote it",
        )
    return affected


def hold_decided(beside: Beside, judged: Iterable[str]) -> None:
    """Hold what the change decides of any pipeline, affected or not, to its ledger, and a release to its record.

    A release trains nothing and affects nothing: only the change's own code would look at it, in `check`. Of `judged`
    pipelines the ledger is asked when each is judged.

    Raises:
        IntegrityError: a decision has no entry, an entry is gone, or a release names what the base does not record.
        InfrastructureError: the history that would tell was not fetched.
        Inconclusive: the same of a change that moves the framework.
    """
    from mlops.operations.auditing.check import unentered
    from mlops.operations.auditing.named import asked
    from mlops.operations.judging.release_record import unrecorded

    with beside.explained():
        workspace, root, base = beside.workspace, beside.root, beside.base
        names = sorted(set(asked(root, workspace.pipelines, base)) - set(judged))
        found = [*unentered(root, workspace.project, names, base), *unrecorded(root, base)]
        if found:
            raise IntegrityError("\n".join(fault.message for fault in found), hint=found[0].hint)


def refuse_uncovered(wanted: Iterable[str], covered: Iterable[str]) -> None:
    """Refuse a change of which less is judged than it affects.

    Raises:
        IntegrityError: names what nobody judges.
    """
    left = sorted(set(wanted) - set(covered))
    if left:
        raise IntegrityError(
            f"{', '.join(left)}: affected, and no job judges it",
            hint="the plan of the change leaves it out: look at what changes the plan",
        )


def judge(
    beside: Beside, name: str, evidence: Path | None, answers: Answers, rows: Path | None = None
) -> tuple[Rejudged, tuple[str, ...]]:
    """Judge a pipeline of the change; `evidence` is what its job left, None for what the change itself records.

    `rows` is what a job left that made rows by the change's framework; it counts only where the change moves that.
    Gives what was judged, and sentences for people. The rules of both commits count, and the worse verdict holds.

    Raises:
        IntegrityError: what was left or recorded is not what comes out of its data and its bundle.
        StaleError: it is of another configuration than the change's.
        InfrastructureError: something that it takes is not here.
        Inconclusive: the code that judges cannot tell.
        ConfigurationError: there is no such pipeline.
    """
    from mlops.operations.judging.approved_waivers import hold_waivers
    from mlops.operations.judging.held import hold, take
    from mlops.operations.judging.recompute import recomputed
    from mlops.operations.judging.rejudge import rejudge

    workspace, started = beside.workspace, time.monotonic()
    if name not in workspace.pipelines:
        raise ConfigurationError(f"the change has no pipeline `{name}`", hint="mlops plan --base REF")
    with beside.explained():
        _refuse_unentered(beside, name)
        packaged = evidence is None or take(beside.root, workspace.pipeline(name), evidence)
        as_here = hold(workspace, name, packaged=packaged, otherwise=bool(beside.framework))
        if not as_here:
            _refuse_unruled(beside, name)
        instead = OtherRows(beside.home, rows, beside.framework) if beside.framework else None
        with recomputed(beside.root, name, instead) as found:
            said = f"{name}: rows and scores made again in {found.seconds:.1f} s; what is recorded agrees"
            again = rejudge(beside.root, name, beside.base, found, beside.home)
        if found.instead:
            again = replace(again, framework=beside.framework, otherwise=found.instead)
        again, told = hold_waivers(beside.root, again, answers, beside.home)
        if not packaged and again.verdict == "pass":
            raise IntegrityError(f"{name}: what passes was not packaged", hint=f"mlops run {name}")
    if again.framework:
        look = to_look_at(again.framework)
        made = (f"rows made by the code of the change ({FRAMEWORK_CHANGE}): look at {look}", *again.otherwise)
        told = (*(f"{name}: {sentence}" for sentence in made), *told)
    if not as_here:
        told = (*told, f"{name}: {FRAMEWORK_CHANGE}: another version compiled it; {beside.base[:8]}'s judged it")
    return replace(again, cost=Cost.of(time.monotonic() - started, evidence)), (said, *told)


def _refuse_unentered(beside: Beside, name: str) -> None:
    """Refuse a change whose ledger does not say what it decides, or no longer says what was decided before it."""
    from mlops.operations.auditing.check import unentered
    from mlops.operations.auditing.held import hold_entered

    hold_entered(beside.root, name, beside.base)
    found = list(unentered(beside.root, beside.workspace.project, [name], beside.base))
    if found:
        raise IntegrityError("\n".join(f"{name}: {fault.message}" for fault in found), hint=found[0].hint)


def _refuse_mixed(beside: Beside) -> None:
    """Hold an upgrade against what this release would have written, where it is the one that the upgrade moves to."""
    from mlops.operations.judging.appointed import appoint
    from mlops.operations.judging.release_pin import not_alone

    if appoint(beside.home, beside.root) != "head":
        return
    problems = not_alone(beside.workspace, beside.base)
    if problems:
        raise refuse(beside.workspace.configuration, problems)


def _refuse_unruled(beside: Beside, name: str) -> None:
    """Refuse what only the change's own version of this program compiled rules for: nobody reviewed that it did."""
    file = f"pipelines/{name}/params.yaml"
    text = file_at(beside.root, beside.base, file)
    if text is None or not rules_of(sections_of(text, file).get("gate") or {}):
        raise ConfigurationError(f"{name} is new, and is compiled otherwise than by the change", hint="")


def _recorded(beside: Beside) -> Iterator[str]:
    for path in changed_between(beside.root, beside.base, "HEAD", ["pipelines"]):
        parts = path.split("/", 2)
        if len(parts) == 3 and parts[2].startswith(_RECORDED) and (beside.root / path).is_file():
            yield parts[1]
