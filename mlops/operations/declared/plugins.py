"""Kinds of other distributions: which a pipeline names, and whether a policy lets them count."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from packaging.specifiers import SpecifierSet

from mlops.configuration.checking.gate_checks import rules
from mlops.configuration.data import sources
from mlops.configuration.pipeline import Pipeline
from mlops.configuration.policy import Policy
from mlops.configuration.reading.document import Path as Key
from mlops.diagnostics import Diagnostic
from mlops.kinds.kind import OURS, Kind
from mlops.kinds.plugins import installed
from mlops.metrics import METRICS
from mlops.models import MODELS
from mlops.sources import SOURCES

_UNKNOWN = ("unknown kind", "unknown metric")


def foreign(spec: Pipeline) -> Iterator[tuple[Key, Kind]]:
    """Give the kinds of other distributions that a pipeline names, each with the key that does."""
    found = ((key, kind) for key, kind in _named(spec) if kind is not None)
    yield from ((key, kind) for key, kind in found if kind.package != OURS)


def _named(spec: Pipeline) -> Iterator[tuple[Key, Kind | None]]:
    yield from ((("model", name, "kind"), MODELS.get(model.kind)) for name, model in spec.model.items())
    yield from (((*path, "kind"), SOURCES.get(source.kind)) for path, source in sources(spec.data))
    yield ("select_by",), METRICS.get(spec.select_by or "")
    yield from ((("evaluate", "metrics", at), METRICS.get(name)) for at, name in enumerate(spec.evaluate.metrics))
    yield from (((*key, "metric"), METRICS.get(rule.metric)) for key, rule in rules(spec))
    yield from (((*key, "data"), rule.kind) for key, rule in rules(spec))


def uncounted(policy: Policy, spec: Pipeline) -> Iterator[tuple[Key, str, str]]:
    """Find the kinds of a pipeline that do not count under a policy: where, what is wrong, what to do."""
    for key, kind in foreign(spec):
        releases = policy.plugins.get(kind.package)
        what = f"`{kind.name}` is a kind of {kind.package} {kind.version}"
        if releases is None:
            named = f'write `plugins: {{{kind.package}: "=={kind.version}"}}` there'
            yield key, f"{what}, which conf/policy.yaml does not name", f"{named}, or choose another kind"
        elif not SpecifierSet(releases).contains(kind.version, prereleases=True):
            yield key, f"{what}, and conf/policy.yaml allows {releases}", f'pip install "{kind.package}{releases}"'
        elif not kind.record:
            hint = "install it from a wheel: what no digest names would make no stage stale"
            yield key, f"{what}, which is installed from a folder that people edit", hint


def gone(policy: Policy) -> tuple[str, ...]:
    """Name the distributions of a policy that are not here, as pip is asked for them."""
    return tuple(f"{name}{releases}" for name, releases in policy.plugins.items() if installed(name) is None)


def explained(policy: Policy | None, found: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Say of unknown kinds that a distribution which the policy names, and which may bring them, is not installed."""
    absent = () if policy is None else gone(policy)
    if not absent:
        return list(found)
    hint = f"conf/policy.yaml names a plug-in that is not installed: pip install {' '.join(map(_quoted, absent))}"
    return [replace(each, hint=hint) if each.message.startswith(_UNKNOWN) else each for each in found]


def _quoted(wanted: str) -> str:
    return f'"{wanted}"'
