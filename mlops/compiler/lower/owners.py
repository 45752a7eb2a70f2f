"""Who reviews what: everybody's files, owners of pipelines, then what nobody may take from the policy's owners."""

from __future__ import annotations

from collections.abc import Mapping

from mlops.backends import BACKENDS
from mlops.configuration.environment import LIVE
from mlops.configuration.policy import Policy
from mlops.plan.pipeline import Ownership
from mlops.plan.shell import INSTALLED

_EVERYTHING = "*"
_SHARED = ("/conf/project.yaml", *(f"/conf/{group}/" for group in ("gates", "data", "model", "features", "trainer")))
_KEPT = (
    *("/conf/policy.yaml", "/conf/waiver/", "/conf/accept/"),
    *("/.dvc/", "/.dvcignore", "/.github/", "/CODEOWNERS", "/docs/CODEOWNERS"),
)


def protected(install: str = "make", engines: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Name the files and folders that the policy's owners review, whoever's pipeline they are for; no release is one.

    `install` is how jobs install the program, `ci.install` of the project; `engines` are those of the project.
    """
    return (*_SHARED, *_judging(install, engines))


def _judging(install: str, engines: tuple[str, ...]) -> tuple[str, ...]:
    read = dict.fromkeys(path for engine in engines for path in BACKENDS[engine].reviewed)
    return (*_KEPT, *read, *INSTALLED[install])


def lower_owners(
    policy: Policy,
    owners: Mapping[str, tuple[str, ...]],
    *,
    live: str = LIVE,
    install: str = "make",
    engines: tuple[str, ...] = (),
) -> tuple[Ownership, ...]:
    """Order the lines so that the last match is the one meant.

    A team has lines for all pipelines that its pattern matches; only one with other owners than its team's has some of
    its own, so that a usual new model changes nothing here. What is written for all pipelines, and what is released to
    the `live` environment, is the policy's owners' unless the policy says otherwise; what judges a change is theirs
    whatever it says.
    """
    lines = [Ownership(_EVERYTHING, policy.paths.get(_EVERYTHING, policy.owners))]
    own = {name: owners[name] for name in sorted(owners) if set(owners[name]) != set(policy.team(name))}
    lines += [Ownership(path, named) for names, named in (*policy.teams.items(), *own.items()) for path in _of(names)]
    lines += [Ownership(pattern, policy.owners) for pattern in (*_SHARED, f"/conf/release/{live}/")]
    paths = {pattern: named for pattern, named in policy.paths.items() if pattern != _EVERYTHING}
    lines += [Ownership(f"/{pattern.lstrip('/')}", named) for pattern, named in paths.items()]
    lines += [Ownership(pattern, policy.owners) for pattern in _judging(install, engines)]
    return tuple(lines)


def _of(names: str) -> tuple[str, str, str]:
    """Give the paths of the pipeline of a name, or of those that a pattern of names matches."""
    return f"/conf/pipeline/{names}.yaml", f"/conf/release/*/{names}.yaml", f"/pipelines/{names}/"
