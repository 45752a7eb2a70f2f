"""`conf/project.yaml` and `conf/policy.yaml`: one of each per repository."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import Annotated, Literal, Self

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from mlops.blocks.block import Block, Items, Name, Owner
from mlops.configuration.approvals import Approvals
from mlops.configuration.credentials import RELEASING, USES, Secrets, Use, beside_roles
from mlops.configuration.signers import KeySigning, Signer, Signing, Unsigned

Label = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
_Labels = Label | Annotated[list[Label], Field(min_length=1)]
Labels = Annotated[
    Items[Label],
    Field(min_length=1),
    BeforeValidator(lambda value: (value,) if isinstance(value, str) else value, json_schema_input_type=_Labels),
]
Image = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._:/-]{0,200}@sha256:[0-9a-f]{64}$")]
Minutes = Annotated[int, Field(ge=1, le=360)]
_HOSTED = re.compile(r"(ubuntu|windows|macos)-(latest|\d+(\.\d+)?)(-arm|-intel|-large|-xlarge|-slim)?")
Branch = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_./-]{0,199}$")]
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
LIVE = "prod"
"""The live environment where none says that it is."""
_RESERVED = re.compile(r"champion|latest|model|v\d+")


def reserved(environment: str) -> str | None:
    """Say why a name cannot be an environment's, nor its alias's in MLflow, nor its ledger's; None where it can."""
    if not _RESERVED.fullmatch(environment):
        return None
    return f"`{environment}` cannot be the alias of an environment"


def _free(environment: str) -> str:
    if why := reserved(environment):
        raise PydanticCustomError("reserved_alias", "{why}", {"why": why})
    return environment


Alias = Annotated[Name, AfterValidator(_free)]
RESERVED_HINT = (
    "MLflow keeps `latest` and v1, v2 ... for itself, `champion` is what gates compare with, "
    "and `model` is the ledger of a model"
)


def own(runner: tuple[str, ...]) -> bool:
    """Whether labels may mean a machine of the team's own: anything but one that GitHub makes for a single job."""
    return len(runner) != 1 or not _HOSTED.fullmatch(runner[0])


class Tracking(Block):
    """Where runs and registered models are recorded."""

    uri: str = "sqlite:///.mlops/mlflow.db"
    """MLflow tracking URI; a relative SQLite path is relative to the repository."""


class Aws(Block):
    """A role of Amazon Web Services, assumed with the job's own identity."""

    kind: Literal["aws"]
    """Name of the kind."""
    role: Annotated[str, StringConstraints(pattern=r"^arn:aws[a-z-]*:iam::\d{12}:role/[A-Za-z0-9+=,.@_/-]{1,512}$")]
    """ARN of the role."""
    region: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")]
    """Region that calls go to."""


class Gcp(Block):
    """A workload identity pool of Google Cloud."""

    kind: Literal["gcp"]
    """Name of the kind."""
    provider: Annotated[
        str,
        StringConstraints(
            pattern=r"^projects/\d+/locations/global/workloadIdentityPools/[a-z0-9-]{4,32}/providers/[a-z0-9-]{4,32}$"
        ),
    ]
    """Full name of the pool's provider."""
    account: (
        Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+@[a-z0-9.-]+\.iam\.gserviceaccount\.com$")] | None
    ) = None
    """Service account to act as; direct access where absent."""


_Guid = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]


class Azure(Block):
    """An application of Microsoft Entra with a federated credential."""

    kind: Literal["azure"]
    """Name of the kind."""
    tenant: _Guid
    """Directory of the application."""
    client: _Guid
    """The application."""


Cloud = Annotated[Aws | Gcp | Azure, Field(discriminator="kind")]


class Reader(Block):
    """What the job of a pull request that runs pipelines may be: it runs what the pull request says."""

    cloud: Cloud
    """A role that may read what pipelines need, and do nothing else."""
    environment: Name = "mlops-read"
    """The GitHub environment of the job: open to every branch, without secrets, and of no other use."""


class App(Block):
    """The GitHub App that opens pull requests: those of the workflow's own token start no checks."""

    id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.]{1,64}$")]
    """Client ID of the App; its number will do. The App is installed in this repository alone."""
    key: Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{0,99}$")] = "MLOPS_APP_KEY"
    """Name of the secret that holds the App's private key."""


_GITHUBS = (
    *("python", "app", "environment", "cloud", "writer", "secrets", "signing", "reader", "public", "approval"),
    "accept_own_runners",
)
_PARALLEL = 200  # https://docs.gitlab.com/ci/yaml/#parallel


class Continuous(Block):
    """Settings of the compiled workflows."""

    kind: Literal["github", "gitlab", "none"] = "github"
    """Whose workflows are compiled, or `none`; `gitlab` has that of a merge request alone."""
    install: Literal["lock", "make"] = "lock"
    """How a job gets `.venv/bin/mlops`: by pip from `requirements.txt`, each file by its hash, or by `make setup`."""
    runner: Labels = ("ubuntu-24.04",)
    """The label of the machines that jobs run on, or several that a machine must all carry."""
    image: Image | None = None
    """Container image of GitLab's jobs, by its digest, with Python, Git and jq; the runner's own where absent."""
    python: Annotated[str, Field(pattern=r"^3\.\d+$")] = "3.11"
    """Python version of jobs."""
    timeout: Minutes = 60
    """Minutes after which a job is stopped."""
    jobs: Annotated[int, Field(ge=1, le=256)] = 32
    """Jobs that pipelines are shared out over at most: with more pipelines than that, a job takes several in turn."""
    branch: Branch = "main"
    """The branch that pull requests are merged into."""
    app: App | None = None
    """Who opens release and retraining pull requests; the workflow's own token where absent."""
    environment: Name = "mlops-main"
    """The GitHub environment, for the main branch only, of jobs that hold the App's key, a secret or a cloud's role."""
    cloud: Cloud | None = None
    """Where jobs of the main branch sign in for data, bundles and the registry; nowhere where absent."""
    writer: Cloud | None = None
    """Who the job that follows a merge is while it pushes what CI made to the DVC remote; `cloud` where absent."""
    secrets: Secrets = Field(default_factory=dict)
    """Secrets of GitHub environments, by name, and what each is for: `tracking` (MLflow), `remote` (DVC), `log`."""
    signing: Signing | None = None
    """How the job that registers signs: `keyless`, by its own identity through Sigstore, or with a key; not at all
    where absent."""
    reader: Reader | None = None
    """Who a pull request's job is where it fetches data and what is recorded; nobody where absent, and in a fork."""
    public: bool = False
    """Whether anybody can fork the repository and open a pull request."""
    approval: Name = "own-runners"
    """The GitHub environment, with reviewers, that a pull request waits for before it reaches machines of your own."""
    accept_own_runners: Annotated[str, StringConstraints(min_length=20, max_length=500)] | None = None
    """Why a public repository may use machines of its own all the same: a sentence, and who decided it."""

    def secrets_for(self, *uses: Use) -> tuple[str, ...]:
        """Name the secrets that are for any of some uses, sorted."""
        return tuple(sorted(name for name, given in self.secrets.items() if set(given) & set(uses)))

    @model_validator(mode="after")
    def _of_its_kind(self) -> Self:
        """Refuse what the engine does not do: who wrote it would take it for done."""
        alone = {"github": ("image",), "gitlab": _GITHUBS}.get(self.kind, ())
        if wrong := next((key for key in alone if key in self.model_fields_set), None):
            raise ValueError(f"`{wrong}` means nothing to `kind: {self.kind}`: leave it out")
        if self.kind == "gitlab" and self.jobs > _PARALLEL:
            raise ValueError(f"GitLab runs at most {_PARALLEL} jobs side by side: write `jobs: {_PARALLEL}` or less")
        return self

    @model_validator(mode="after")
    def _nobody_outside_reaches_an_own_machine(self) -> Self:
        self.check_public(self.runner)
        return self

    def check_public(self, runner: tuple[str, ...]) -> None:
        """Refuse a machine of the team's own in a public repository where nobody has signed for it."""
        if self.public and own(runner) and self.accept_own_runners is None:
            raise ValueError(
                f"a public repository runs jobs on {', '.join(runner)}: anybody's pull request can bring "
                "its own workflow there. Use a runner of GitHub's such as ubuntu-24.04, or write `accept_own_runners:` "
                "with the reason and who decided it"
            )


class Environment(Block):
    """One place where models are live; `conf/release/<environment>/` says which."""

    after: Name | None = None
    """The environment that a bundle must have been live in before it is released here."""
    role: Literal["live"] | None = None
    """`live`: what this environment serves is the champion, and is watched and retrained; of one environment alone."""
    propose: bool = False
    """Whether a newly registered bundle is proposed for it by a pull request."""
    runner: Labels | None = None
    """The machines that its jobs run on; those of `ci` where absent."""
    timeout: Minutes = 30
    """Minutes after which its job is stopped."""
    drift: bool = True
    """Whether it is looked at every day too; where the environment has reviewers, each of these runs waits for them."""
    cloud: Cloud | None = None
    """Where its jobs sign in with a short-lived identity; nowhere where absent."""


def _ordered(environments: dict[str, Environment]) -> dict[str, Environment]:
    """Refuse an order that nobody can follow, and more or less than one live environment."""
    live = [name for name, environment in environments.items() if environment.role == "live"]
    if len(live) > 1:
        raise ValueError(f"only one environment is `role: live`, not {' and '.join(live)}")
    if not live and len(environments) > 1 and LIVE not in environments:
        raise ValueError(f"none of {', '.join(environments)} is live: write `role: live` at the one that users meet")
    for name, environment in environments.items():
        passed, here = [name], environment.after
        while here is not None:
            if here not in environments:
                raise ValueError(f"`{passed[-1]}` comes after `{here}`, which is no environment")
            if here in passed:
                raise ValueError(f"the order goes round in a circle: {' after '.join([*passed, here])}")
            passed.append(here)
            here = environments[here].after
    return environments


class Keep(Block):
    """What `mlops gc` keeps of bundles that are live no longer, for each environment and pipeline."""

    releases: Annotated[int, Field(ge=1, le=1000)] = 5
    """So many releases before the live one can be gone back to ..."""
    days: Annotated[int, Field(ge=0, le=3650)] = 90
    """... and all that were live in so many last days."""


class Project(Block):
    """What holds for every pipeline of the repository."""

    name: Name
    """Name of the repository, in its catalogue and in registries."""
    tracking: Tracking = Tracking()
    ci: Continuous = Continuous()
    environments: Annotated[dict[Alias, Environment], AfterValidator(_ordered)] = Field(default_factory=dict)
    """Where models are live, in the order that they are released in."""
    keep: Keep = Keep()
    orchestrate: Items[Literal["airflow"]] = ()
    """Engines that run pipelines stage by stage; each gets a file for each pipeline in `orchestrate/`."""

    @property
    def live(self) -> str:
        """The environment whose bundle is the champion: the one that says so, else `prod`."""
        return next((name for name, environment in self.environments.items() if environment.role == "live"), LIVE)

    @property
    def engines(self) -> tuple[str, ...]:
        """Whatever runs pipelines beside `dvc repro`, by name: whose CI it is, then who orders stages."""
        return (self.ci.kind, *self.orchestrate)

    @property
    def runners(self) -> tuple[str, ...]:
        """Every label that a job of this project may ask for, each once."""
        named = (environment.runner or () for environment in self.environments.values())
        return tuple(dict.fromkeys((*self.ci.runner, *(label for labels in named for label in labels))))

    def secrets_in(self, environment: str) -> tuple[str, ...]:
        """Name the secrets that jobs in a GitHub environment need, sorted."""
        uses = USES if environment == self.ci.environment else RELEASING if environment in self.environments else ()
        signing = self.ci.signing
        key = (signing.key,) if isinstance(signing, KeySigning) and environment == self.ci.environment else ()
        return tuple(sorted((*self.ci.secrets_for(*uses), *key)))

    @model_validator(mode="after")
    def _a_pull_request_is_in_an_environment_of_its_own(self) -> Self:
        settings, trusted = self.ci, {*self.environments, self.ci.environment}
        shared = {"approval": settings.approval} if settings.approval in trusted else {}
        if settings.reader is not None and settings.reader.environment in {*trusted, settings.approval}:
            shared = {"reader.environment": settings.reader.environment}
        for key, name in shared.items():
            raise ValueError(
                f"`ci.{key}: {name}` is that of other jobs too: a pull request would have their secrets and "
                "their identity. Name an environment for it alone"
            )
        return self

    @model_validator(mode="after")
    def _no_key_beside_a_role(self) -> Self:
        clouds = (self.ci.cloud, self.ci.writer, *(each.cloud for each in self.environments.values()))
        name = beside_roles(self.ci.secrets, {cloud.kind for cloud in clouds if cloud is not None})
        if name is not None:
            raise ValueError(
                f"`ci.secrets` names {name}, and jobs sign in to that cloud with a role of their own: libraries would "
                "take the key instead. Remove the secret, or the `cloud:`"
            )
        return self

    @model_validator(mode="after")
    def _own_machines_of_environments(self) -> Self:
        for environment in self.environments.values():
            if environment.runner is not None:
                self.ci.check_public(environment.runner)
        return self


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
