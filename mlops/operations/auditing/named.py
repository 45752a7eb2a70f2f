"""Which pipelines and places files name that decide something, whether a pipeline or an environment is declared or not.

Else a change could take the declaration away, or come before it, and decide meanwhile what nobody asks an entry of.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from mlops.files.relative import NAME
from mlops.ledger.entry import MODEL
from mlops.operations.auditing.shelf import tree
from mlops.operations.auditing.start import merge_base

Places = Mapping[str, frozenset[str]]
"""The places that files name, by pipeline."""
_FOLDERS = ("conf/release", "conf/waiver", "conf/accept")


def named_here(root: Path) -> Places:
    """Find what files of the work tree name."""
    found = [path for folder in _FOLDERS for path in (root / folder).rglob("*.yaml")]
    return _of(path.relative_to(root).as_posix() for path in found)


def places_here(root: Path, name: str) -> tuple[str, ...]:
    """List the environments that files of the work tree name for one pipeline: a look at a few folders."""
    found = (root / _FOLDERS[0]).glob(f"*/{name}.yaml")
    return tuple(sorted(path.parent.name for path in found if NAME.fullmatch(path.parent.name)))


def named_at(root: Path, commit: str) -> Places:
    """Find what files name as a commit has them; raises InfrastructureError where Git cannot tell."""
    return _of(tree(root, commit, _FOLDERS))


def asked(root: Path, pipelines: Iterable[str], base: str | None) -> tuple[str, ...]:
    """Name the pipelines whose ledger is asked for: those that are declared, and those that files name.

    Files count as they are, and as they were where this grew from `base`.

    Raises:
        InfrastructureError: Git cannot tell what that commit has.
    """
    before: Places = {} if base is None else named_at(root, merge_base(root, base, "HEAD") or base)
    return tuple(sorted({*pipelines, *named_here(root), *before}))


def _of(paths: Iterable[str]) -> Places:
    found: dict[str, set[str]] = {}
    for path in paths:
        parts = path.removesuffix(".yaml").split("/")[1:]
        place = parts[1] if parts[0] == "release" else MODEL
        whole = len(parts) == (3 if parts[0] == "release" else 2) and path.endswith(".yaml")
        if whole and NAME.fullmatch(place) and NAME.fullmatch(parts[-1]):
            found.setdefault(parts[-1], set()).add(place)
    return {name: frozenset(places) for name, places in sorted(found.items())}
