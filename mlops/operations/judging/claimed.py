"""Metrics of a pipeline's own that a change adds or edits: until it is merged, what they say is its own claim.

The judge runs the code of such metrics as the base commit has it, never as the change brings it. A value that only the
change's code gives is shown, and marked; it can fail a model, and lets none pass.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from mlops.documents.gate import RuleResult
from mlops.files.plain_yaml import Values
from mlops.operations.git import files_at, names_at
from mlops.operations.verdicts.loosened import file_of
from mlops.verdict import DEFERRED, PASS

CLAIMED = "claimed by the change"


def claimed(root: Path, name: str, commit: str, now: Values, before: Values | None) -> frozenset[str]:
    """Name the own metrics of a gate that a commit lacks, has otherwise, or measures by other code."""
    own, earlier = now.get("own") or {}, (before or {}).get("own") or {}
    if not own:
        return frozenset()
    old, new = _code(root, name, commit), _here(root, name)
    other = {file for file in {*old, *new} if old.get(file) != new.get(file)}
    return frozenset(
        metric
        for metric, said in own.items()
        if earlier.get(metric) != said or other & _reached(file_of(said["use"]), new)
    )


def marked(
    results: Iterable[RuleResult], names: frozenset[str], unsaid: frozenset[str] = frozenset()
) -> tuple[RuleResult, ...]:
    """Mark results that are a claim; one that would let a model pass counts for nothing yet.

    Of those `unsaid` not even the claim is here: a run that was taken over brings no predictions.
    """
    return tuple(_marked(one, one.metric in unsaid) if one.metric in names else one for one in results)


def _marked(result: RuleResult, unsaid: bool) -> RuleResult:
    waits = unsaid or result.verdict == PASS or result.against == "champion"
    sentence = f"{CLAIMED}, which brings the code of `{result.metric}`: {result.sentence}"
    said = {"verdict": DEFERRED, "sentence": f"{sentence}; it counts once it is merged"} if waits else {}
    return result.model_copy(update={"claimed": True, "sentence": sentence, **said})


@contextmanager
def code_at(root: Path, name: str, commit: str) -> Iterator[Path]:
    """Lay out a pipeline's own code as a commit has it, to be imported from there and nowhere else."""
    with TemporaryDirectory() as place:
        top = Path(place).resolve()
        folder = top / "pipelines" / name
        folder.mkdir(parents=True)
        for file, code in _code(root, name, commit).items():
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_bytes(code)
        yield top


def _code(root: Path, name: str, commit: str) -> dict[str, bytes]:
    folder = f"pipelines/{name}/"
    paths = [path for path in names_at(root, commit, folder) if path.endswith(".py")]
    return {path.removeprefix(folder): code for path, code in files_at(root, commit, paths).items()}


def _here(root: Path, name: str) -> dict[str, bytes]:
    folder = root / "pipelines" / name
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.py") if path.is_file()}


def _reached(start: str, code: Mapping[str, bytes]) -> set[str]:
    """Find the files that a file may import: those whose names stand in its text, and so on."""
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        file = waiting.pop()
        if file in seen:
            continue
        seen.add(file)
        words = set(re.findall(rb"\w+", code.get(file, b"")))
        waiting += [other for other in code if any(part.encode() in words for part in _names(other))]
    return seen


def _names(file: str) -> list[str]:
    """Give the words by which a file is imported: its own, and those of the folders it lies in."""
    return [part for part in file.removesuffix(".py").split("/") if part != "__init__"]
