"""A short text with the signature of a key around it: a DSSE envelope, as other tools verify it too.

https://github.com/secure-systems-lab/dsse/blob/v1.0.2/envelope.md
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Annotated

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field, ValidationError

from mlops.bundle.signature import fingerprint, hash_for, pae, public_key_of, read_private_key, read_public_key
from mlops.errors import IntegrityError

if TYPE_CHECKING:
    from collections.abc import Iterable

LARGEST = 64 << 10  # bytes of an envelope; a longer one is none


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Signed(_Part):
    sig: Base64Bytes
    keyid: str


class _Envelope(_Part):
    payload: Base64Bytes
    payload_type: Annotated[str, Field(alias="payloadType")]
    signatures: Annotated[tuple[_Signed, ...], Field(min_length=1, max_length=1)]


def seal(kind: str, payload: bytes, private_key: bytes) -> bytes:
    """Sign a payload of a kind with a key in PEM; raises ConfigurationError where that is none."""
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA

    key = read_private_key(private_key)
    made = key.sign(pae(kind, payload), ECDSA(hash_for(key.public_key())))
    document = {
        "payload": base64.b64encode(payload).decode("ascii"),
        "payloadType": kind,
        "signatures": [
            {"sig": base64.b64encode(made).decode("ascii"), "keyid": fingerprint(public_key_of(private_key))}
        ],
    }
    return f"{json.dumps(document, sort_keys=True)}\n".encode("ascii")


def unseal(kind: str, data: bytes, public_keys: Iterable[str]) -> tuple[bytes, str]:
    """Give the payload of an envelope, and which of some keys, each as PEM, signed it.

    Raises:
        IntegrityError: it is no envelope of that kind, or none of the keys signed it.
    """
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA

    try:
        if len(data) > LARGEST:
            raise ValueError("too long")
        read = _Envelope.model_validate(json.loads(data))
    except (ValidationError, ValueError, RecursionError) as error:
        raise IntegrityError("it is no signed envelope (DSSE)") from error
    if read.payload_type != kind:
        raise IntegrityError(f"the envelope holds {read.payload_type[:80]!r}, not {kind}")
    (signed,) = read.signatures
    for public_key in public_keys:
        if fingerprint(public_key) != signed.keyid:
            continue
        key = read_public_key(public_key)
        try:
            key.verify(signed.sig, pae(kind, read.payload), ECDSA(hash_for(key)))
        except InvalidSignature:
            break
        return read.payload, public_key
    raise IntegrityError(f"none of the keys that count signed it (it names {signed.keyid[:12]}…)")
