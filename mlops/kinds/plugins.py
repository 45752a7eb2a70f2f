"""Kinds that other distributions bring: named by their entry points, known by a file of theirs, never by import.

An installed distribution makes names known and nothing more: whether they count is the policy's to say. What it may be
asked stands in `mlops-kinds.json` among its files; its code is imported where a stage calls it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from importlib.metadata import Distribution, EntryPoint, PackageNotFoundError, distribution, entry_points
from typing import Annotated, Any, Literal

from packaging.utils import canonicalize_name
from pydantic import AfterValidator, Field, ValidationError

from mlops.blocks.block import Block, Items
from mlops.blocks.column_group import declared
from mlops.errors import ConfigurationError
from mlops.files.relative import NAME
from mlops.kinds.reference import REFERENCE

FILE = "mlops-kinds.json"
_MOST = 1 << 20  # bytes of a declaration


class DeclaredKind(Block):
    """What a distribution says of a kind; keys of other slices stay as they are."""

    page: str = Field(min_length=1, max_length=10_000)
    tasks: Items[Literal["binary", "multiclass", "regression", "forecasting"]] = ()
    keys: dict[str, Any] = Field(default_factory=dict, alias="schema")
    """JSON Schema of what it may be asked."""
    features: Literal["tabular", "image"] | None = None
    groups: Annotated[Items[str], AfterValidator(declared)] | None = None
    """Groups of columns that a model reads; the usual ones where nothing is said."""
    of: Literal["numbers", "scores", "probabilities", "classes", "worth"] = "numbers"
    better: Literal["higher", "lower"] = "lower"
    low: float | None = 0.0
    """Least value of a metric; null where there is none."""
    high: float | None = 1.0
    """Greatest value of a metric; null where there is none."""
    share: bool = False


class Declaration(Block):
    """What a distribution's file declares, by slice and name."""

    schema_version: Literal[1]
    models: dict[str, DeclaredKind] = Field(default_factory=dict)
    metrics: dict[str, DeclaredKind] = Field(default_factory=dict)
    sources: dict[str, DeclaredKind] = Field(default_factory=dict)
    gate_rules: dict[str, DeclaredKind] = Field(default_factory=dict)


@dataclass(frozen=True)
class Brought:
    """A kind of another distribution: its name, where its code is, who brings it in which bytes, what is said of it."""

    name: str
    reference: str
    package: str
    version: str
    record: str
    """Digest of the list of files that were installed, with theirs; empty where files may change under it."""
    declared: DeclaredKind

    def refuse(self, why: str) -> ConfigurationError:
        """Say why it cannot be used."""
        return _unusable(self.package, self.version, self.name, why)


def brought(name: str, folder: str) -> Brought | None:
    """Find the kind that another distribution brings into a slice; None where none does.

    Raises:
        ConfigurationError: two bring that name, or what one says of it cannot be read.
    """
    found = _entries(f"mlops.{folder}").get(name, ()) if NAME.fullmatch(name) else ()
    if len(found) > 1:
        who = " and ".join(sorted(_who(entry.dist) for entry in found))
        raise ConfigurationError(f"{who} both bring `{name}`, one of mlops.{folder}", hint="uninstall one of them")
    return _of(found[0], folder) if found else None


def names(folder: str) -> tuple[str, ...]:
    """Name the kinds that other distributions bring into a slice, sorted."""
    return tuple(sorted(_entries(f"mlops.{folder}")))


@cache
def _entries(group: str) -> dict[str, tuple[EntryPoint, ...]]:
    found: dict[str, tuple[EntryPoint, ...]] = {}
    for entry in entry_points(group=group):
        found[entry.name] = (*found.get(entry.name, ()), entry)
    return found


@cache
def _of(entry: EntryPoint, folder: str) -> Brought:
    package, version = _who(entry.dist), "" if entry.dist is None else entry.dist.version
    try:
        if entry.dist is None or not REFERENCE.fullmatch(entry.value):
            raise ValueError(f"its entry point is `{entry.value}`")
        declaration = Declaration.model_validate(json.loads(_text(entry.dist)), strict=False)
        declared = getattr(declaration, folder)[entry.name]
    except KeyError:
        why = f"{FILE} does not say what it is"
    except ValidationError as error:
        first = error.errors()[0]
        why = f"{FILE}: `{'.'.join(map(str, first['loc']))}`: {first['msg']}"
    except (ValueError, RecursionError) as error:
        why = str(error)
    else:
        return Brought(entry.name, entry.value, package, version, _record(entry.dist), declared)
    raise _unusable(package, version, entry.name, why)


def _unusable(package: str, version: str, name: str, why: str) -> ConfigurationError:
    hint = f"ask who publishes {package}, or uninstall it"
    return ConfigurationError(f"{package} {version} declares `{name}` in no usable way: {why}", hint=hint)


def _who(distribution: Distribution | None) -> str:
    return "" if distribution is None else canonicalize_name(distribution.name)


def _text(distribution: Distribution) -> bytes:
    """Read the declaration; raises ValueError."""
    files = [file for file in distribution.files or () if file.name == FILE]
    if len(files) != 1:
        raise ValueError(f"it has {len(files)} files {FILE}, and one is wanted")
    try:
        with open(str(files[0].locate()), "rb") as file:  # noqa: PTH123  # may be another kind of path
            data = file.read(_MOST + 1)
    except OSError as error:
        raise ValueError(f"{FILE} cannot be read: {error.strerror}") from error
    if len(data) > _MOST:
        raise ValueError(f"{FILE} has more than {_MOST:,} bytes")
    return data


def _record(distribution: Distribution) -> str:
    """Name what was installed by the digest of its list of files; nothing where it is a folder that people edit."""
    record, origin = distribution.read_text("RECORD"), distribution.read_text("direct_url.json")
    editable = origin is not None and bool(json.loads(origin).get("dir_info", {}).get("editable"))
    return "" if record is None or editable else hashlib.sha256(record.encode()).hexdigest()[:16]


def installed(package: str) -> str | None:
    """Give the release of a distribution that is installed here; None where it is not.

    Example:
        >>> installed("a-distribution-of-nobody") is None
        True
    """
    try:
        return distribution(package).version
    except PackageNotFoundError:
        return None
