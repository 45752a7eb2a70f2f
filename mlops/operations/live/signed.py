"""Who vouches for a bundle: its signature, wherever it lies, held to the signers that conf/policy.yaml names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from mlops.bundle.contents import Contents
from mlops.bundle.signature import LARGEST, Signature
from mlops.configuration.load import load_policy, parse_document
from mlops.configuration.policy import Policy
from mlops.configuration.reading.library import Configuration
from mlops.configuration.reading.parse import read
from mlops.configuration.signers import Signer, Unsigned
from mlops.errors import ConfigurationError, InfrastructureError, IntegrityError
from mlops.files.atomic import write_bytes
from mlops.operations.declared.policy import FILE
from mlops.operations.live.signing_tool import verify_keyless
from mlops.operations.workspace import refuse

Look = Callable[[], bytes | None]
"""Find a signature; None where there is none."""
Keyless = Callable[[Path, bytes, Signer], str]
"""Say why a workflow did not make a signature of the bundle in a folder; empty where it did."""


@dataclass(frozen=True)
class Held:
    """What was found out: who signed, by the name that policy gives; or a warning, where nobody did."""

    signer: str | None = None
    warning: str = ""


@dataclass(frozen=True)
class Signers:
    """Whose signature counts, and what becomes of a bundle that has none."""

    known: Mapping[str, Signer] = field(default_factory=dict)
    unsigned: Unsigned = "warn"

    @classmethod
    def of(cls, root: Path) -> Signers:
        """Read them from the policy of a repository; none where it has none, or names nobody."""
        if not (root / FILE).is_file():
            return cls()
        configuration = Configuration(root)
        policy, problems = load_policy(configuration)
        if problems:
            raise refuse(configuration, problems)
        return cls() if policy is None else cls(policy.signers, policy.unsigned)

    @classmethod
    def from_file(cls, path: Path) -> Signers:
        """Read them from a copy of a policy; raises ConfigurationError where it is none, or names no signers."""
        try:
            document = read(str(path), path.read_bytes())
        except OSError as error:
            raise ConfigurationError(f"{path}: {error.strerror}", hint="--policy conf/policy.yaml") from error
        policy, found = parse_document(Policy, document)
        if policy is None:
            raise ConfigurationError(f"{path}: {found[0].message}", hint=found[0].hint, diagnostics=found)
        if not policy.signers:
            raise ConfigurationError(f"{path} names no `signers`", hint="name some, or leave --policy away")
        return cls(policy.signers, policy.unsigned)

    def hold(
        self,
        contents: Contents,
        looks: Iterable[Look],
        today: date,
        folder: Path | None = None,
        keyless: Keyless = verify_keyless,
    ) -> Held:
        """Hold a verified bundle to its signature; of several, one that counts is enough.

        `folder` is where the bundle lies, for a workflow's signature.

        Raises:
            IntegrityError: a signature is of other bytes, or by nobody whose signature counts; or there is none, and
                the policy refuses that; InfrastructureError where it could not be looked for.
        """
        if not self.known:
            return Held()
        wrong: IntegrityError | None = None
        silent: InfrastructureError | None = None
        for look in looks:
            try:
                data = look()
                if data is None:
                    continue
                return Held(self._signer(contents, Signature(data), today, folder, keyless))
            except IntegrityError as error:
                wrong = error
            except InfrastructureError as error:
                silent = error
        if wrong is not None:
            raise wrong
        if silent is not None and self.unsigned == "refuse":
            raise silent
        message = f"nobody signed the bundle {contents.digest[:19]}… of {contents.manifest.pipeline}"
        if silent is not None:
            message = f"the signature of the bundle {contents.digest[:19]}… cannot be had: {silent.message}"
        if self.unsigned == "refuse":
            hint = "what the main branch's workflow registers is signed; conf/policy.yaml says `unsigned: refuse`"
            raise IntegrityError(message, hint=hint)
        return Held(warning=message)

    def _signer(
        self, contents: Contents, signature: Signature, today: date, folder: Path | None, keyless: Keyless
    ) -> str:
        signature.refuse_other(contents)
        why = ""
        for name, signer in sorted(self.known.items()):
            if signer.key is not None and signature.verify(signer.key):
                return counting(name, signer, today)
            if signer.workflow is not None and signature.key is None and folder is not None:
                why = keyless(folder, signature.data, signer)
                if not why:
                    return counting(name, signer, signature.made_on() or today)
        by = "a workflow" if signature.key is None else f"the key {signature.key[:12]}…"
        raise IntegrityError(
            f"the bundle {contents.digest[:19]}… is signed by {by}, and by none of the signers that policy names: "
            f"{', '.join(sorted(self.known))}{why and f'; model-signing says: {why}'}",
            hint="do not use it; or name its signer in conf/policy.yaml, by a pull request",
        )


def counting(name: str, signer: Signer, day: date) -> str:
    """Give the name of a signer back whose signature of a day counts; raises IntegrityError where it does not."""
    if signer.revoked:
        raise IntegrityError(f"the bundle is signed by `{name}`, which is revoked", hint="have it signed anew")
    if signer.not_after is not None and day > date.fromisoformat(signer.not_after):
        raise IntegrityError(
            f"the bundle is signed by `{name}`, whose signatures counted until {signer.not_after}",
            hint="have it signed anew, by a signer of now: run the main branch's workflow again",
        )
    return name


def beside(folder: Path) -> Path:
    """Say where the signature of a bundle in a folder lies: beside it, because inside it would be part of it."""
    return folder.with_name(f"{folder.resolve().name}.signature.json")


def look_beside(folder: Path) -> Look:
    """Look for the signature beside a bundle."""
    return look_into(beside(folder))


def look_into(path: Path) -> Look:
    """Look for a signature in a file."""

    def look() -> bytes | None:
        if not path.is_file():
            return None
        return path.read_bytes() if path.stat().st_size <= LARGEST else b""

    return look


def keep_beside(folder: Path, data: bytes) -> None:
    """Keep a signature that counts beside its bundle."""
    write_bytes(beside(folder), data)
