"""A bare repository that plays GitHub's: it merges pull requests and serves clones."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.builders.repositories import git
from tests.runner.event import Event, merge_group, pull_request, push

NOTHING = "0" * 40
"""What a branch was before it was made."""


@dataclass(frozen=True)
class Origin:
    """A bare repository with a branch `main`."""

    folder: Path

    @classmethod
    def of(cls, work: Path, folder: Path) -> Origin:
        """Publish the main branch of a working repository."""
        git(work, "clone", "-q", "--bare", str(work), str(folder))
        # as on GitHub, a commit may be asked for by its name
        git(folder, "config", "uploadpack.allowAnySHA1InWant", "true")
        git(folder, "config", "core.logAllRefUpdates", "true")  # who asks what a branch was before, is told
        git(work, "remote", "add", "origin", str(folder))
        return cls(folder)

    @classmethod
    def empty(cls, folder: Path) -> Origin:
        """Make one that nobody has pushed to."""
        folder.mkdir(parents=True)
        git(folder, "init", "-q", "--bare")
        git(folder, "config", "uploadpack.allowAnySHA1InWant", "true")
        git(folder, "config", "core.logAllRefUpdates", "true")
        return cls(folder)

    def head(self, branch: str = "main") -> str:
        return git(self.folder, "rev-parse", branch).strip()

    def moves(self, branch: str = "main") -> list[dict[str, str]]:
        """List what a branch was before and after each push, the newest first; the first of all made it."""
        log = self.folder / "logs/refs/heads" / branch
        lines = log.read_text().splitlines() if log.exists() else []
        moved = [(line.split()[0], line.split()[1]) for line in lines]
        first = moved[0][0] if moved else self.head(branch)
        if first != NOTHING:
            moved.insert(0, (NOTHING, first))
        reference = f"refs/heads/{branch}"
        return [{"before": before, "after": after, "ref": reference} for before, after in reversed(moved)]

    def pull_request(
        self, work: Path, number: int = 7, *, fork: bool = False, source: str = "change", author: str = "ada"
    ) -> Event:
        """Push what a working repository has checked out as a pull request into main, and merge it on trial.

        `source` is the branch that GitHub calls it by, `author` who opened it.
        """
        base, head, merge = self._merged(work, f"refs/pull/{number}/head")
        git(self.folder, "update-ref", f"refs/pull/{number}/merge", merge)
        return pull_request(number, base, head, merge, source=source, fork=fork, author=author)

    def merge_group(self, work: Path, number: int = 7) -> Event:
        """Put what a working repository has checked out into the merge queue."""
        base, _, merge = self._merged(work, f"refs/pull/{number}/head")
        event = merge_group(number, base, merge)
        git(self.folder, "update-ref", event.reference, merge)
        return event

    def merge(self, branch: str, *, squash: bool = False) -> Event:
        """Merge a branch of this repository into main, as the button of a pull request does."""
        before = self.head()
        merge = self._join(before, self.head(branch), squash=squash)
        git(self.folder, "update-ref", "refs/heads/main", merge)
        return push(before, merge)

    def changed(self, before: str, after: str) -> tuple[str, ...]:
        """List the paths that differ between two commits, or all where there was none before."""
        if before == NOTHING:
            return tuple(git(self.folder, "ls-tree", "-r", "--name-only", after).splitlines())
        return tuple(git(self.folder, "diff", "--name-only", before, after).splitlines())

    def read(self, commit: str, path: str) -> str:
        """Read a file as it is at a commit."""
        return git(self.folder, "show", f"{commit}:{path}")

    def _merged(self, work: Path, reference: str) -> tuple[str, str, str]:
        base, head = self.head(), git(work, "rev-parse", "HEAD").strip()
        git(work, "push", "-q", "--force", "origin", f"HEAD:{reference}")
        return base, head, self._join(base, head)

    def _join(self, base: str, head: str, *, squash: bool = False) -> str:
        tree = git(self.folder, "merge-tree", "--write-tree", base, head).splitlines()[0]
        message = f"Merge {head} into {base}"
        parents = ("-p", base) if squash else ("-p", base, "-p", head)
        return git(self.folder, "commit-tree", tree, *parents, "-m", message).strip()
