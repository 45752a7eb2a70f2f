"""The signed pointer to what is live: made by whoever reconciles, believed by servers that follow it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from mlops.bundle.envelope import seal, unseal
from mlops.documents.live import LivePointer
from mlops.errors import ConfigurationError, IntegrityError
from mlops.operations.live.signed import Signers, counting

KIND = "application/vnd.mlops.live+json"
Believe = Callable[[bytes], LivePointer]
"""Give the pointer in an envelope; raises IntegrityError where nobody whose signature counts says it."""


def spell(pointer: LivePointer, private_key: bytes) -> bytes:
    """Sign a pointer."""
    return seal(KIND, pointer.dumps().encode("utf-8"), private_key)


def believing(signers: Signers, name: str, environment: str | None, today: Callable[[], date] = date.today) -> Believe:
    """Give what believes pointers of a pipeline, in an environment where one is named.

    Raises:
        ConfigurationError: no signer has a key: a pointer is signed by nothing else.
    """
    keys = {signer.key: known for known, signer in sorted(signers.known.items()) if signer.key is not None}
    if not keys:
        raise ConfigurationError(
            "nothing says whose signature on live.json counts: no signer has a `key`",
            hint="--policy FILE, a copy of conf/policy.yaml that names `signers:` with a key",
        )

    def believe(data: bytes) -> LivePointer:
        payload, key = unseal(KIND, data, keys)
        counting(keys[key], signers.known[keys[key]], today())
        try:
            pointer = LivePointer.parse(payload)
        except ValueError as error:
            raise IntegrityError("live.json is signed, and is no pointer to a bundle") from error
        if pointer.pipeline != name or environment not in (None, pointer.environment):
            wanted = name if environment is None else f"{name} in {environment}"
            raise IntegrityError(f"live.json is of {pointer.pipeline} in {pointer.environment}, not of {wanted}")
        return pointer

    return believe
