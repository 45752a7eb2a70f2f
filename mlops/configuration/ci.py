"""`ci:` of `conf/project.yaml`: what is compiled for whoever runs jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, StringConstraints, create_model, model_validator

from mlops.backends import BACKENDS
from mlops.blocks.block import Block, Name
from mlops.configuration.cloud import Cloud
from mlops.configuration.credentials import Secrets, Use
from mlops.configuration.runner import Labels, Minutes, own
from mlops.configuration.signers import Signing
from mlops.files.compiled_text import Value
from mlops.kinds.union import OneOf

Branch = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_./-]{0,199}$")]


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


class Continuous(Block):
    """Settings of the compiled workflows, and the keys that back ends have of their own."""

    kind: Annotated[str, OneOf(BACKENDS.asked("ci"))] = "github"
    """Whose workflows are compiled, or `none`; all but `github` have those of a proposed change alone."""
    install: Literal["lock", "make"] = "lock"
    """How a job gets `.venv/bin/mlops`: by pip from `requirements.txt`, each file by its hash, or by `make setup`."""
    runner: Labels = ("ubuntu-24.04",)
    """The label of the machines that jobs run on, or several that a machine must all carry."""
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

    @property
    def own(self) -> dict[str, Value]:
        """The values of the keys that the chosen back end alone has."""
        return {key: getattr(self, key) for key in BACKENDS[self.kind].block.model_fields}

    def secrets_for(self, *uses: Use) -> tuple[str, ...]:
        """Name the secrets that are for any of some uses, sorted."""
        return tuple(sorted(name for name, given in self.secrets.items() if set(given) & set(uses)))

    @model_validator(mode="after")
    def _of_its_kind(self) -> Self:
        """Refuse what the engine does not do: who wrote it would take it for done."""
        engine = BACKENDS[self.kind]
        if wrong := next((key for key in BACKENDS.foreign(self.kind) if key in self.model_fields_set), None):
            raise ValueError(f"`{wrong}` means nothing to `kind: {self.kind}`: leave it out")
        if self.jobs > (most := engine.most_jobs):
            raise ValueError(f"{engine.called} runs at most {most} jobs side by side: write `jobs: {most}` or less")
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


if not TYPE_CHECKING:
    _BASES = (*BACKENDS.blocks(), Continuous)  # theirs come last
    Continuous = create_model("Continuous", __base__=_BASES, __module__=__name__, __doc__=Continuous.__doc__)
