"""`conf/policy.yaml`: what a repository asks of all its pipelines."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Annotated, Literal

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from pydantic import AfterValidator, Field, StringConstraints

from mlops.blocks.block import Block, Items, Name, Owner
from mlops.configuration.approvals import Approvals
from mlops.configuration.signers import Signer, Unsigned

Pattern = Annotated[str, StringConstraints(pattern=r"^/?[A-Za-z0-9_.*-]+(/[A-Za-z0-9_.*-]+)*/?$")]
NamePattern = Annotated[str, StringConstraints(pattern=r"^[a-z0-9*][a-z0-9_*-]{0,63}$")]
Risk = Literal["minimal", "limited", "high"]
Distribution = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]


def _releases(text: str) -> str:
    try:
        SpecifierSet(text)
    except InvalidSpecifier:
        raise ValueError(f"`{text}` names no releases, write `>=1,<2`") from None
    return text


Releases = Annotated[str, StringConstraints(min_length=1, max_length=100), AfterValidator(_releases)]


class RiskTier(Block):
    """What every pipeline of a risk tier must have."""

    owners: Annotated[int, Field(ge=1)] = 1
    """Owners a pipeline names at least."""
    sliced_gate: bool = False
    """A blocking rule by a sensitive column is required."""
    champion_gate: bool = False
    """A blocking rule against the live model is required."""
    own_classes: bool = True
    """Whether a candidate may be a class, and a gate's metric or a stage a function, of the repository's own."""
    own_gates: bool = True
    """Whether its owners may change its gates; else the policy's owners review `.github/gates/`, which has them too."""
    derive_personal: bool = True
    """Whether what is learnt from may be computed from a column that is `personal`."""
    card: bool = False
    """Everything under `card:` is written."""
    budget: bool = False
    """A `budget:` is required."""


def _specifiers(text: str) -> SpecifierSet:
    return SpecifierSet(text if text.startswith(tuple("<>=!~")) else f"=={text}")


def _versions(text: str) -> str:
    try:
        _specifiers(text)
    except InvalidSpecifier as error:
        raise ValueError(f"`{text[:40]}` names no versions, write one (`0.1.3`) or a range (`<0.2`)") from error
    return text


class Versions(Block):
    """Which releases of mlops a repository may run on."""

    refused: Items[Annotated[str, AfterValidator(_versions)]] = ()
    """Releases that must not be used: a version (`0.1.3`), or a range (`<0.2`, `>=0.3,<0.3.2`)."""

    def refuses(self, version: str) -> str | None:
        """Give the entry that refuses a version; None where none does."""
        return next((entry for entry in self.refused if _specifiers(entry).contains(version, prereleases=True)), None)


class Policy(Block):
    """What the code owners ask of every pipeline."""

    owners: Annotated[Items[Owner], Field(min_length=1)]
    """Who reviews what judges, is shared by all pipelines or is live, and what nobody else is named for."""
    risk: dict[Risk, RiskTier] = Field(default_factory=dict)
    """What each tier asks for."""
    teams: dict[NamePattern, Annotated[Items[Owner], Field(min_length=1)]] = Field(default_factory=dict)
    """Who reviews pipelines that name no owners of their own, by patterns of names (`risk-*`); the last match holds."""
    paths: dict[Pattern, Annotated[Items[Owner], Field(min_length=1)]] = Field(default_factory=dict)
    """Who reviews what else, by path from the root as in CODEOWNERS; the last match holds, `*` is all the rest."""
    runners: Items[str] | None = None
    """Runners that jobs may ask for, as patterns with `*`; any where absent."""
    sources: Items[str] | None = None
    """Kinds of data source, as patterns with `*`; any where absent."""
    packages: Items[str] | None = None
    """Python packages whose data files may be read, as patterns with `*`; any where absent."""
    kinds: Items[str] | None = None
    """Kinds of candidate, own classes among them, as patterns with `*` (`pipelines.churn.*`); any where absent."""
    plugins: dict[Distribution, Releases] = Field(default_factory=dict)
    """Distributions whose kinds count, with the releases that do (`acme-mlops: ">=1,<2"`); nobody's where absent."""
    own_stages: Literal["allow", "forbid"] = "allow"
    """Whether a pipeline may have stages of its own code, which make the rows that are learnt from."""
    first: Literal["allow", "review"] = "allow"
    """Rules over the live model where nothing is live yet: they do not apply, or are inconclusive until a waiver."""
    versions: Versions = Versions()
    signers: dict[Name, Signer] = Field(default_factory=dict)
    """Whose signature on a bundle counts, by any name; nobody's is asked for where there is none."""
    unsigned: Unsigned = "warn"
    """Whether a bundle that nobody signed is released, reconciled and served with a warning, or refused."""
    approvals: Approvals = Approvals()

    def team_pattern(self, name: str) -> str | None:
        """Find the pattern that gives a pipeline its team: of those that match, the last."""
        return next((pattern for pattern in reversed(self.teams) if fnmatchcase(name, pattern)), None)

    def team(self, name: str) -> tuple[str, ...]:
        """Name the owners that a pipeline has where it names none; nobody where no pattern matches."""
        pattern = self.team_pattern(name)
        return () if pattern is None else self.teams[pattern]
