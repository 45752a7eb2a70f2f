"""OpenSSF model-signing, for what only it can do: signatures by the identity of a workflow, through Sigstore.

It is a program in an environment of its own, installed by hash from `mlops/locks/sign.txt`: what signs and verifies
shares no library with what it vouches for.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from importlib.resources import files
from pathlib import Path

from mlops.configuration.signers import Signer
from mlops.errors import InfrastructureError

FOLDER = ".mlops/signing"
_PATIENCE = 300  # seconds: it asks Sigstore's servers


def program(root: Path) -> str:
    """Find it; raises InfrastructureError that says how to install it."""
    found = root / FOLDER / "bin" / "model_signing"
    if not found.is_file():
        lock = files("mlops") / "locks" / "sign.txt"
        raise InfrastructureError(
            "a workflow's signature needs model-signing, which is not installed",
            hint=f"{sys.executable} -m venv {FOLDER} && {FOLDER}/bin/pip install --require-hashes --no-deps -r {lock}",
        )
    return str(found)


def signing(bundle: Path, signature: Path) -> list[str]:
    """Spell the arguments that sign a bundle as the job which runs."""
    return ["sign", "sigstore", "--use_ambient_credentials", "--signature", str(signature), str(bundle)]


def verifying(bundle: Path, signature: Path, signer: Signer) -> list[str]:
    """Spell the arguments that verify a bundle's signature by a workflow."""
    who = ["--identity", str(signer.workflow), "--identity_provider", signer.issuer]
    return ["verify", "sigstore", "--signature", str(signature), *who, str(bundle)]


def sign_keyless(root: Path, bundle: Path) -> bytes:
    """Sign a bundle as the job that runs; raises InfrastructureError where it is none, or Sigstore does not answer."""
    with tempfile.TemporaryDirectory(prefix="mlops-sign-") as folder:
        made = Path(folder) / "signature.json"
        done = _run(root, signing(bundle, made))
        if done.returncode or not made.is_file():
            raise InfrastructureError(f"model-signing could not sign: {_said(done)}")
        return made.read_bytes()


def verify_keyless(bundle: Path, signature: bytes, signer: Signer) -> str:
    """Say why a workflow did not make the signature of a bundle, in model-signing's words; empty where it did.

    Raises:
        InfrastructureError: nobody here can tell.
    """
    with tempfile.TemporaryDirectory(prefix="mlops-sign-") as folder:
        given = Path(folder) / "signature.json"
        given.write_bytes(signature)
        done = _run(Path.cwd(), verifying(bundle, given, signer))
        return "" if done.returncode == 0 else _said(done) or f"it ended with {done.returncode}"


def _run(root: Path, arguments: list[str]) -> subprocess.CompletedProcess[str]:
    command = [program(root), *arguments]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=_PATIENCE)  # noqa: S603
    except subprocess.TimeoutExpired as error:
        raise InfrastructureError("model-signing had no answer from Sigstore in five minutes") from error


def _said(done: subprocess.CompletedProcess[str]) -> str:
    return " ".join((done.stderr or done.stdout).split())[-300:]
