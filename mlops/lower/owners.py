"""Who reviews what: owners of pipelines, then what the policy says, then what nobody may take from its owners."""

from __future__ import annotations

from collections.abc import Mapping

from mlops.plan.pipeline import Ownership
from mlops.spec.project import LIVE, Policy

_EVERYTHING = "*"
_SHARED = ("/conf/gates/", "/conf/project.yaml")
_INSTALLED = ("/requirements.txt", "/vendor/")
_KEPT = ("/conf/policy.yaml", "/conf/waiver/", "/conf/accept/", "/.github/", "/CODEOWNERS", "/docs/CODEOWNERS")


def lower_owners(
    policy: Policy, owners: Mapping[str, tuple[str, ...]], *, live: str = LIVE, locked: bool = False
) -> tuple[Ownership, ...]:
    """Order the lines so that the last match is the one meant: a pattern of the policy beats a pipeline's owners.

    A team has lines for all pipelines that its pattern matches; only one with other owners than its team's has some of
    its own, so that a usual new model changes nothing here.

    What is released to the `live` environment is the policy's owners', and, where the program itself is installed from
    a `locked` file of the repository, that too.
    """
    rest = policy.paths.get(_EVERYTHING)
    lines = [] if rest is None else [Ownership(_EVERYTHING, rest)]
    own = {name: owners[name] for name in sorted(owners) if set(owners[name]) != set(policy.team(name))}
    lines += [Ownership(path, named) for names, named in (*policy.teams.items(), *own.items()) for path in _of(names)]
    lines += [Ownership(pattern, policy.owners) for pattern in (*_SHARED, f"/conf/release/{live}/")]
    paths = {pattern: named for pattern, named in policy.paths.items() if pattern != _EVERYTHING}
    lines += [Ownership(f"/{pattern.lstrip('/')}", named) for pattern, named in paths.items()]
    lines += [Ownership(pattern, policy.owners) for pattern in (*_KEPT, *(_INSTALLED if locked else ()))]
    return tuple(lines)


def _of(names: str) -> tuple[str, str, str]:
    """Give the paths of the pipeline of a name, or of those that a pattern of names matches."""
    return f"/conf/pipeline/{names}.yaml", f"/conf/release/*/{names}.yaml", f"/pipelines/{names}/"
