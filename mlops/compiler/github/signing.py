"""The steps of the main branch's job that sign what it registered: nothing else runs under the name that signs."""

from __future__ import annotations

from dataclasses import replace

from mlops.compiler.github.credentials import holding
from mlops.compiler.github.identity import signed_in
from mlops.compiler.github.workflow import Permission, Step
from mlops.configuration.ci import Continuous
from mlops.configuration.credentials import RELEASING
from mlops.configuration.signers import KeySigning

_IDENTITY = Permission("id-token", "write", "to sign bundles as this workflow")

# model-signing lives apart from what it signs, and comes by hash, from the lock in the package
_INSTALL = """\
lock=$(.venv/bin/python -P -c 'import importlib.resources as r; print(r.files("mlops") / "locks" / "sign.txt")')
.venv/bin/python -P -m venv .mlops/signing
.mlops/signing/bin/pip install --quiet --require-hashes --no-deps --only-binary :all: --requirement "$lock"
"""
_SIGN = """\
for name in $PIPELINES; do .venv/bin/mlops sign "$name"; done
"""


def sign_steps(settings: Continuous, names: dict[str, str], condition: str) -> tuple[Step, ...]:
    """Sign the pipelines that `names` holds; the key is held by that step alone. Nothing where nobody signs."""
    if settings.signing is None:
        return ()
    step = Step("Sign what was registered", run=_SIGN, environment=names, condition=condition)
    step = holding(settings, signed_in(settings.cloud, step), *RELEASING)
    if isinstance(settings.signing, KeySigning):
        return (with_key(settings, step),)
    return (*verify_steps(settings, condition), step)


def with_key(settings: Continuous, step: Step) -> Step:
    """Let a step hold the key that signs, where one does."""
    if not isinstance(settings.signing, KeySigning):
        return step
    key = settings.signing.key
    return replace(step, environment=step.environment | {key: f"${{{{ secrets.{key} }}}}"})


def verify_steps(settings: Continuous, condition: str = "") -> tuple[Step, ...]:
    """Install what makes and verifies a workflow's signature, for a job that holds bundles to it."""
    if settings.signing != "keyless":
        return ()
    return (Step("Install what signs and verifies", run=_INSTALL, condition=condition),)


def identified_to_sign(settings: Continuous, granted: tuple[Permission, ...]) -> tuple[Permission, ...]:
    """Add the right to an identity where the workflow signs by its own, once."""
    if settings.signing != "keyless" or any(permission.scope == "id-token" for permission in granted):
        return granted
    return (*granted, _IDENTITY)
