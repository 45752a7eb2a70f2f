"""`signers:` of conf/policy.yaml: whose signature on a bundle counts."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from mlops.blocks.block import Block, Day

_PEM = re.compile(r"-----BEGIN PUBLIC KEY-----\n(?:[A-Za-z0-9+/=]{1,64}\n){1,8}-----END PUBLIC KEY-----\n?")


def _public(text: str) -> str:
    """Refuse what is no public key, without repeating it: a private one most of all."""
    if not _PEM.fullmatch(text):
        raise ValueError("a signer's key is its public half, as PEM: `key: |` and the lines of `openssl ec -pubout`")
    return text


class Signer(Block):
    """Who signs: the holder of a key, or a workflow, whose identity Sigstore certifies."""

    key: Annotated[str, AfterValidator(_public)] | None = None
    """The public key, as PEM."""
    workflow: (
        Annotated[
            str,
            StringConstraints(
                pattern=r"^https://[A-Za-z0-9.-]+/[\w.-]+/[\w.-]+/\.github/workflows/[\w.-]+\.ya?ml@refs/heads/[\w./-]+$"
            ),
        ]
        | None
    ) = None
    """The workflow: its server, repository and file at the main branch, as its certificate names it."""
    issuer: Annotated[str, StringConstraints(pattern=r"^https://[A-Za-z0-9.-]+(/[\w.-]+)*$")] = (
        "https://token.actions.githubusercontent.com"
    )
    """Who vouches for the workflow."""
    not_after: Day | None = None
    """The last day on which its signatures count. A key proves no time, so that what it signed ends with it; of a
    workflow it is the day of the signature that must not be later."""
    revoked: bool = False
    """Whether nothing that it ever signed counts any more."""

    @model_validator(mode="after")
    def _somebody(self) -> Signer:
        if (self.key is None) == (self.workflow is None):
            raise ValueError("a signer has a `key` or a `workflow`, one of the two")
        return self


class KeySigning(Block):
    """The job that registers signs with a key."""

    key: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{0,94}_KEY$")]
    """The name of the secret of `ci.environment` that holds the private key, as PEM; it ends in `_KEY`, because most
    other variables would change what the step runs."""


Signing = Literal["keyless"] | KeySigning
Unsigned = Literal["warn", "refuse"]
