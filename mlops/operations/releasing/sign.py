"""`mlops sign`: vouch for a registered bundle, as the signer that conf/policy.yaml names."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from mlops.bundle.contents import Contents
from mlops.bundle.signature import sign as sign_by_key
from mlops.configuration.project import Project
from mlops.errors import ConfigurationError, InfrastructureError, IntegrityError
from mlops.operations.live.bundles import obtain
from mlops.operations.live.registry import Connect, fetching, passed, refuse_judged_since, tracking_uri
from mlops.operations.live.signed import Signers, keep_beside
from mlops.operations.live.signing_tool import sign_keyless
from mlops.operations.project import open_project
from mlops.operations.releasing.record import bundle_of
from mlops.release.signatures import fetch_signature, file_signature
from mlops.release.tracking import connection


@dataclass(frozen=True)
class Signed:
    """A bundle with a signature that counts, and whose; `made` is False where it had one before."""

    name: str
    bundle: str
    signer: str
    made: bool


def sign(root: Path, name: str, *, connect: Connect = connection) -> Signed:
    """Sign the registered bundle of a pipeline's last run, once; what does not count is not filed.

    Raises:
        ConfigurationError: nothing says who signs, or whose signature counts.
        StaleError: the bundle is not registered; GateFailed where it did not pass.
        IntegrityError: the signature is by nobody that policy names.
        InfrastructureError: the key is not there; MLflow or Sigstore does not answer.
    """
    _, project = open_project(root, name)
    signers = Signers.of(root)
    if not signers.known:
        raise ConfigurationError("nobody's signature counts here", hint="name `signers:` in conf/policy.yaml")
    digest = bundle_of(root, name, "")
    with connect(tracking_uri(root, project)) as client:
        version = passed(client, name, digest)
        refuse_judged_since(root, name, digest)
        folder = obtain(root, name, digest, fetching(client, version))
        contents = Contents.read(folder, digest)
        found = fetch_signature(client, version)
        try:
            held = signers.hold(contents, [lambda: found], date.today(), folder) if found else None
        except IntegrityError:  # of another signer, or one whose time is over: another is made
            held = None
        if held is not None and held.signer is not None:
            return Signed(name, digest, held.signer, made=False)
        data = _made(root, project, folder, contents)
        signer = signers.hold(contents, [lambda: data], date.today(), folder).signer
        file_signature(client, name, version, data)
    keep_beside(folder, data)
    return Signed(name, digest, signer or "", made=True)


def _made(root: Path, project: Project, folder: Path, contents: Contents) -> bytes:
    signing = project.ci.signing
    if signing is None:
        hint = "write `ci: {signing: keyless}`, or `ci: {signing: {key: NAME}}`, in conf/project.yaml"
        raise ConfigurationError("nothing says who signs", hint=hint)
    if signing == "keyless":
        return sign_keyless(root, folder)
    key = os.environ.get(signing.key, "")
    if not key:
        raise InfrastructureError(f"the key that signs is to be in {signing.key}, and nothing is there")
    return sign_by_key(contents, f"{key.strip()}\n".encode("ascii", "replace"))
