"""`conf/project.yaml`: what a repository says once for all its pipelines."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from mlops.backends import BACKENDS
from mlops.blocks.block import Block, Items, Name, misplaced
from mlops.configuration.ci import Continuous
from mlops.configuration.credentials import RELEASING, USES, beside_roles
from mlops.configuration.environment import LIVE, Alias, Environment, Keep, _ordered
from mlops.configuration.signers import KeySigning
from mlops.kinds.union import OneOf


class Tracking(Block):
    """Where runs and registered models are recorded."""

    uri: str = "sqlite:///.mlops/mlflow.db"
    """MLflow tracking URI; a relative SQLite path is relative to the repository."""


class Project(Block):
    """What holds for every pipeline of the repository."""

    name: Name
    """Name of the repository, in its catalogue and in registries."""
    tracking: Tracking = Tracking()
    ci: Continuous = Continuous()
    environments: Annotated[dict[Alias, Environment], AfterValidator(_ordered)] = Field(default_factory=dict)
    """Where models are live, in the order that they are released in."""
    keep: Keep = Keep()
    orchestrate: Items[Annotated[str, OneOf(BACKENDS.asked("orchestrate"))]] = ()
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
        declared = self.environments.get(environment)
        signs = environment == self.ci.environment or (declared is not None and declared.publish is not None)
        key = (signing.key,) if isinstance(signing, KeySigning) and signs else ()
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
    def _what_is_published_is_signed(self) -> Self:
        published = [name for name, each in self.environments.items() if each.publish is not None]
        if published and not isinstance(self.ci.signing, KeySigning):
            raise misplaced(
                ("environments", published[0], "publish"),
                "what is published is signed by a key, and `ci` names none",
                "write `ci: {signing: {key: NAME}}`, the name of a secret",
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
