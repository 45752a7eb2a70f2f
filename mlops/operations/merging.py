"""What a merge left to a person in what is compiled or recorded, and what makes it whole again.

Whichever side of a `dvc.lock` is taken, the run makes again what is stale by it; reports and compiled files are made
anew. Files that people write are not looked at here: the reader of the YAML says where one does not hold.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from glob import iglob
from pathlib import Path
from shlex import quote

from mlops.compiler.files import PLACES
from mlops.files.conflict import Conflicted, marked
from mlops.operations.git import git
from mlops.operations.superseded import PATHS as SUPERSEDED

_UNDER_WAY = ("MERGE_HEAD", "AUTO_MERGE", "CHERRY_PICK_HEAD", "REVERT_HEAD", "rebase-merge", "rebase-apply")
_RECORDED = (*SUPERSEDED, "pipelines/*/dvc.lock", "pipelines/*/reports/**")
_COMPILED = (
    "dvc.yaml",
    "pipelines/.gitattributes",
    "pipelines/.gitignore",
    "pipelines/*/.gitignore",
    *PLACES,
)


_CONTINUED = {
    "rebase-merge": "git rebase --continue",
    "rebase-apply": "git rebase --continue",
    "CHERRY_PICK_HEAD": "git cherry-pick --continue",
    "REVERT_HEAD": "git revert --continue",
    "MERGE_HEAD": "git commit --no-edit",
}
_NAMED = 5


def refuse(root: Path) -> None:
    """Refuse a repository in the middle of a merge that left conflicts in what verbs go by; raises Conflicted.

    Tables and code of a pipeline are among that: Git's markers would be rows of theirs. YAML has a reader that says so.
    """
    if _under_way(root):
        named = (path for pattern in (*_RECORDED, *_COMPILED) for path in _matching(root, pattern))
        refuse_marked(root, {*named, *(path for path in _unmerged(root) if path.startswith("pipelines/"))})


def unfinished(root: Path) -> str:
    """Say which files are unmerged, that they are taken as they lie here, and what to type; empty where none is."""
    if not (under_way := _under_way(root)):
        return ""
    paths = sorted(path for path in _unmerged(root) if _marked(root / path) is None)  # one with markers is a finding
    if not paths:
        return ""
    shown = " ".join(quote(path) for path in paths[:_NAMED]) if len(paths) <= _NAMED else "."
    more = f" and {len(paths) - _NAMED:,} more" if len(paths) > _NAMED else ""
    steps = [f"git add -A {shown}", *(_CONTINUED[name] for name in _CONTINUED if name in under_way)][:2]
    return (
        f"unmerged in Git, and taken as they lie here: {', '.join(paths[:_NAMED])}{more}; where they are as you want "
        f"them: {', then '.join(steps)}"
    )


def refuse_marked(root: Path, paths: Iterable[str]) -> None:
    """Refuse files that hold conflict markers; raises Conflicted, which names all of them and the cure."""
    places = {path: line for path in paths if (line := _marked(root / path)) is not None}
    if places:
        raise told(root, Conflicted(places))


def told(root: Path, error: Conflicted) -> Conflicted:
    """Say of a conflict which other files of the same pipelines have one, and what to type."""
    folders = {f"pipelines/{path.split('/')[1]}/**" for path in error.places if path.startswith("pipelines/")}
    beside = {path for folder in folders for path in _matching(root, folder)}
    beside = {path for path in beside if "/artifacts/" not in path and "/data/" not in path}
    places = error.places | {path: line for path in beside if (line := _marked(root / path)) is not None}
    edited = sorted(path for path in _unmerged(root, ("conf",)) if _marked(root / path) is not None)
    first = [f"mend {' '.join(map(quote, edited))} by hand and git add it"] if edited else []
    return Conflicted(places, hint=", then ".join([*first, *_steps(root, sorted(places))]))


def _steps(root: Path, paths: list[str]) -> Iterator[str]:
    """Give the commands that end the conflict, in order."""
    gone = [path for path in paths if path in SUPERSEDED]
    paths = [path for path in paths if path not in SUPERSEDED]
    if gone:
        yield f"git rm -q --force {' '.join(gone)}"
    if not paths:
        return
    unmerged = _unmerged(root, paths)
    locks = [path for path in paths if path.endswith("dvc.lock")]
    own = [path for path in paths if not _made(path)]
    sides = [path for path in (*locks, *own) if path in unmerged]
    if sides:
        yield f"git checkout --ours -- {' '.join(sides)} (or --theirs)"
    if kept := [path for path in locks if path not in unmerged]:
        yield f"rm {' '.join(kept)}"
    if kept := [path for path in own if path not in unmerged]:
        yield f"keep one side of {' '.join(kept)}"
    yield "mlops compile"
    names = sorted({path.split("/")[1] for path in paths if path.startswith("pipelines/") and path.count("/") > 1})
    if names:
        yield f"mlops run {' '.join(names)}"
    elsewhere = [path for path in paths if not path.startswith(tuple(f"pipelines/{name}/" for name in names))]
    yield f"git add -A {' '.join([*(f'pipelines/{name}' for name in names), *elsewhere])}"


def _made(path: str) -> bool:
    """Whether a compile or a run makes a file anew."""
    place = Path(path)
    return any(place.match(pattern.replace("/**", "/*")) for pattern in (*_RECORDED, *_COMPILED))


def _matching(root: Path, pattern: str) -> Iterator[str]:
    return iglob(pattern, root_dir=root, recursive=True, include_hidden=True)  # noqa: PTH207 - as in files.generated


def _marked(path: Path) -> int | None:
    return marked(path.read_bytes()) if path.is_file() and not path.is_symlink() else None


def _unmerged(root: Path, paths: Iterable[str] = ()) -> frozenset[str]:
    """List the files of which Git holds several versions, from the root of ours."""
    found = git(root, "ls-files", "-z", "--unmerged", "--", *paths).stdout.decode(errors="surrogateescape")
    return frozenset(entry.partition("\t")[2] for entry in found.split("\0") if entry)


def _under_way(root: Path) -> frozenset[str]:
    """What Git is in the middle of that may leave conflicts, as its folder tells without asking it."""
    folder = next((place / ".git" for place in (root, *root.parents) if (place / ".git").exists()), None)
    if folder is None:
        return frozenset()
    if folder.is_file():  # a work tree of its own: one line that says where its folder is
        folder = folder.parent / folder.read_text(encoding="utf-8").partition(": ")[2].strip()
    return frozenset(name for name in _UNDER_WAY if (folder / name).exists())
