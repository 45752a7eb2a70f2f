"""The alias of an environment in the MLflow registry: a copy of what Git says, never the truth itself.

MLflow sets an alias without asking what it was before, keeps no history of it and deletes it with its version
(`set_registered_model_alias` takes no expected value). So what was written is read back, and the commit that asked for
it stands beside the alias as a tag of the registered model, written first.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mlops.errors import InfrastructureError, StaleError
from mlops.release.entry import BUNDLE, JUDGED, SIGNATURE, STATEMENT, VERDICT
from mlops.release.mlmodel import bundle_of
from mlops.release.place import fetch, kept
from mlops.release.registry import statement_folder, versions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlflow import MlflowClient
    from mlflow.entities.model_registry import ModelVersion

_AGAIN = "run it again, on the newest commit of the main branch"


@dataclass(frozen=True)
class Version:
    """A model version and what its tags say of it; `judged` as `entry.Origin` has it.

    `statement` is the digest of the newest statement on its bundle; None for a bundle of version 1. `signature` is
    that of the newest signature of it; None where nobody signed.
    """

    number: str
    bundle: str | None
    verdict: str | None = None
    run: str = ""
    judged: str | None = None
    statement: str | None = None
    signature: str | None = None
    source: str = ""
    """Where it says that its model is."""


@dataclass(frozen=True)
class Model:
    """A registered model: its aliases with their versions, and the model's own tags."""

    name: str
    aliases: Mapping[str, Version] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Claim:
    """A commit that says what a model's aliases are to be, as the tag of the registered model that records it."""

    tag: str
    commit: str

    def value(self, version: Version) -> str:
        """Spell the tag: the commit and the version that it made live."""
        return f"{self.commit} {version.number}"


def commit_of(claimed: str | None) -> str | None:
    """Read the commit of a claim."""
    return claimed.split(" ")[0] if claimed else None


def version_of(claimed: str | None) -> str:
    """Read the version of a claim."""
    return (claimed or "").rpartition(" ")[2]


def read_model(client: MlflowClient, name: str, aliases: tuple[str, ...]) -> Model | None:
    """Read a registered model and where some of its aliases point; None where it is not registered."""
    from mlflow.exceptions import MlflowException

    try:
        found = client.get_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        return None
    held = {alias: str(found.aliases[alias]) for alias in aliases if alias in found.aliases}
    live = {number: version_at(client.get_model_version(name, number)) for number in sorted(set(held.values()))}
    return Model(name, {alias: live[number] for alias, number in held.items()}, dict(found.tags))


def tagged_models(client: MlflowClient, tag: str, aliases: tuple[str, ...]) -> tuple[Model, ...]:
    """Read every registered model that carries a tag, sorted by name."""
    names: list[str] = []
    page: str | None = None
    while True:
        found = client.search_registered_models(filter_string=f"tags.`{tag}` != ''", page_token=page)
        names += [model.name for model in found]
        page = found.token
        if not page:
            break
    models = (read_model(client, name, aliases) for name in sorted(names))
    return tuple(model for model in models if model is not None and tag in model.tags)


def find_version(client: MlflowClient, name: str, bundle: str) -> Version | None:
    """Find the oldest version that holds a bundle; None where it is not registered."""
    return next(map(version_at, versions(client, name, bundle)), None)


def point(client: MlflowClient, model: Model, version: Version, aliases: tuple[str, ...], claim: Claim) -> int:
    """Make aliases point to a version, write only what differs, and read back; count the writes.

    MLflow has no compare-and-swap: from the last look to the claim another writer has one call's time, which the
    release workflow's queue takes from it. Whoever finds itself overtaken later leaves what the other claimed.

    Raises:
        StaleError: somebody else wrote meanwhile.
        InfrastructureError: MLflow took the change and does not show it.
    """
    writes = 0
    if model.tags.get(claim.tag) != claim.value(version):
        _unmoved(client, model, claim.tag)
        client.set_registered_model_tag(model.name, claim.tag, claim.value(version))
        writes += 1
    for alias in aliases:
        held = model.aliases.get(alias)
        if held is None or held.number != version.number:
            client.set_registered_model_alias(model.name, alias, version.number)
            writes += 1
    if writes:
        _verify(client, model.name, version, aliases, claim)
    return writes


def unpoint(client: MlflowClient, model: Model, aliases: tuple[str, ...], tag: str) -> int:
    """Take aliases away, then the tag that says they are ours."""
    held = [alias for alias in aliases if alias in model.aliases]
    for alias in held:
        client.delete_registered_model_alias(model.name, alias)
    if tag in model.tags:
        client.delete_registered_model_tag(model.name, tag)
    return len(held) + (tag in model.tags)


def download(client: MlflowClient, version: Version, folder: Path) -> Path:
    """Bring the bundle of a version into a folder; its bytes are still to be verified.

    Raises:
        InfrastructureError: the version does not say where its model lies.
        IntegrityError: the model there is not one of ours.
    """
    if not version.run:
        raise InfrastructureError(f"version {version.number} names no run", hint="register the bundle again")
    places = kept(client, version.run)
    return bundle_of(fetch(client, version.source if version.source in places else places[0], "", folder))


def download_papers(client: MlflowClient, version: Version, folder: Path) -> Path:
    """Bring the newest statement on a version's bundle, with its reports, into a folder; they are still to be verified.

    Raises:
        InfrastructureError: the version has none, or an interrupted registration left it without.
    """
    if not version.run or not version.statement:
        raise InfrastructureError(f"version {version.number} has no statement", hint="register the bundle again")
    return Path(client.download_artifacts(version.run, statement_folder(version.statement), str(folder)))


def _unmoved(client: MlflowClient, model: Model, tag: str) -> None:
    """Look again at who claims the model: proving a bundle took its time."""
    now = read_model(client, model.name, ())
    if now is None or now.tags.get(tag) != model.tags.get(tag):
        raise _overtaken(model.name)


def _verify(client: MlflowClient, name: str, version: Version, aliases: tuple[str, ...], claim: Claim) -> None:
    now = read_model(client, name, aliases)
    held = now.tags.get(claim.tag) if now is not None else None
    if now is None or held != claim.value(version):
        for alias in aliases if held else ():
            client.set_registered_model_alias(name, alias, version_of(held))
        raise _overtaken(name)
    for alias in aliases:
        shown = now.aliases.get(alias)
        if shown is None or (shown.number, shown.bundle) != (version.number, version.bundle):
            points = f"version {shown.number}" if shown else "nothing"
            raise InfrastructureError(f"{name}: alias {alias} points to {points} after it was set", hint=_AGAIN)


def _overtaken(name: str) -> StaleError:
    return StaleError(f"{name}: another reconciliation wrote meanwhile", hint=_AGAIN)


def version_at(found: ModelVersion) -> Version:
    """Read what MLflow says of a version."""
    tags, run = found.tags, str(found.run_id or "")
    judged, statement, signature = (tags.get(key) for key in (JUDGED, STATEMENT, SIGNATURE))
    source = str(found.source or "")
    return Version(
        str(found.version), tags.get(BUNDLE), tags.get(VERDICT), run, judged, statement, signature, source=source
    )
