"""A detached signature of a bundle, in the format of OpenSSF model-signing 1.1: who vouches for which bytes.

It is a Sigstore bundle (v0.3) around a DSSE envelope around an in-toto statement that names every file by its sha256,
the manifest among them, so that it holds for one digest alone. Signatures by a key are made and verified here, with
`cryptography` and nothing else, because a server has no more; those of a workflow (`keyless`) model-signing itself
makes and verifies. `tests/unit/bundle/test_model_signing.py` holds the two to each other, in both directions.
https://github.com/sigstore/model-transparency, https://github.com/secure-systems-lab/dsse/blob/v1.0.2/protocol.md
"""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import date
from typing import TYPE_CHECKING, Annotated, Literal, get_args

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field, ValidationError

from mlops.bundle.manifest import NAME
from mlops.errors import ConfigurationError, IntegrityError
from mlops.extras import need

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey, EllipticCurvePublicKey
    from cryptography.hazmat.primitives.hashes import HashAlgorithm

    from mlops.bundle.contents import Contents

LARGEST = 1 << 20  # bytes of a signature; a longer one is none
_Payload = Literal["application/vnd.in-toto+json"]
_StatementType = Literal["https://in-toto.io/Statement/v1"]
_PredicateType = Literal["https://model_signing/signature/v1.0"]
_Media = Literal["application/vnd.dev.sigstore.bundle.v0.3+json"]
_PAYLOAD, _STATEMENT, _PREDICATE, _MEDIA = (
    get_args(kind)[0] for kind in (_Payload, _StatementType, _PredicateType, _Media)
)
_Hex = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Key(_Part):
    hint: _Hex


class _Certificate(_Part):
    raw_bytes: Annotated[Base64Bytes, Field(alias="rawBytes")]


class _Material(_Part):
    public_key: Annotated[_Key | None, Field(alias="publicKey")] = None
    certificate: _Certificate | None = None


class _Signed(_Part):
    sig: Base64Bytes


class _Envelope(_Part):
    payload: Base64Bytes
    payload_type: Annotated[_Payload, Field(alias="payloadType")]
    signatures: Annotated[tuple[_Signed, ...], Field(min_length=1, max_length=1)]


class _Sigstore(_Part):
    media_type: Annotated[_Media, Field(alias="mediaType")]
    material: Annotated[_Material, Field(alias="verificationMaterial")]
    envelope: Annotated[_Envelope, Field(alias="dsseEnvelope")]


class _Digest(_Part):
    sha256: _Hex


class _Subject(_Part):
    digest: _Digest


class _Resource(_Part):
    name: str
    algorithm: Literal["sha256"]
    digest: _Hex


class _Predicate(_Part):
    resources: tuple[_Resource, ...]


class _Statement(_Part):
    type_: Annotated[_StatementType, Field(alias="_type")]
    predicate_type: Annotated[_PredicateType, Field(alias="predicateType")]
    subject: Annotated[tuple[_Subject, ...], Field(min_length=1, max_length=1)]
    predicate: _Predicate


class Signature:
    """A signature as it was read: nothing of it is believed before `verify` and `refuse_other`."""

    def __init__(self, data: bytes) -> None:
        """Read it; raises IntegrityError where it is none."""
        try:
            if len(data) > LARGEST:
                raise ValueError("too long")
            read = _Sigstore.model_validate(json.loads(data))
            self._statement = _Statement.model_validate(json.loads(read.envelope.payload))
        except (ValidationError, ValueError, RecursionError) as error:
            raise IntegrityError("the signature is none that model-signing 1.1 makes") from error
        self.data = data
        self._payload, self._sig = read.envelope.payload, read.envelope.signatures[0].sig
        key, certificate = read.material.public_key, read.material.certificate
        if (key is None) == (certificate is None):
            raise IntegrityError("the signature names neither a key nor a workflow's certificate, or both")
        self.key = None if key is None else key.hint
        """The fingerprint of the key that it says it is by; None of a workflow's."""
        self._certificate = None if certificate is None else certificate.raw_bytes

    def verify(self, public_key: str) -> bool:
        """Say whether a key, as PEM, made it; raises ConfigurationError where that is no such key."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ec import ECDSA

        key = read_public_key(public_key)
        if self.key != fingerprint(public_key):
            return False
        try:
            key.verify(self._sig, pae(_PAYLOAD, self._payload), ECDSA(hash_for(key)))
        except InvalidSignature:
            return False
        return True

    def made_on(self) -> date | None:
        """Say on which day, in UTC, a workflow's certificate was issued; None of a key's, which proves no time."""
        from cryptography.x509 import load_der_x509_certificate

        if self._certificate is None:
            return None
        try:
            return load_der_x509_certificate(self._certificate).not_valid_before_utc.date()
        except ValueError as error:
            raise IntegrityError("the certificate in the signature is none") from error

    def refuse_other(self, contents: Contents) -> None:
        """Refuse a signature of other bytes than these: each file, no more and no fewer; raises IntegrityError."""
        listed = [(resource.name, resource.digest) for resource in self._statement.predicate.resources]
        root = hashlib.sha256(b"".join(bytes.fromhex(digest) for _, digest in listed)).hexdigest()
        if root != self._statement.subject[0].digest.sha256:
            raise IntegrityError("the signature contradicts itself: its subject is not what it lists")
        said, own = dict(listed), dict(_listed(contents))
        if len(said) == len(listed) and said == own:
            return
        if said.get(NAME) != own[NAME]:
            raise IntegrityError(
                f"the signature is of another bundle, sha256:{said.get(NAME, '')[:12]}…, not of {contents.digest[:19]}…"
            )
        wrong = sorted(name for name in said.keys() | own.keys() if said.get(name) != own.get(name))
        raise IntegrityError(f"the signature of {contents.digest[:19]}… says otherwise of {', '.join(wrong[:5])}")


def sign(contents: Contents, private_key: bytes) -> bytes:
    """Sign a verified bundle with a key in PEM, on the curve P-256, P-384 or P-521; raises ConfigurationError."""
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA

    key = read_private_key(private_key)
    listed = _listed(contents)
    root = hashlib.sha256(b"".join(bytes.fromhex(digest) for _, digest in listed)).hexdigest()
    serialization = {"method": "files", "hash_type": "sha256", "allow_symlinks": False, "ignore_paths": []}
    statement = {
        "_type": _STATEMENT,
        "subject": [{"name": contents.manifest.pipeline, "digest": {"sha256": root}}],
        "predicateType": _PREDICATE,
        "predicate": {
            "serialization": serialization,
            "resources": [{"name": name, "algorithm": "sha256", "digest": digest} for name, digest in listed],
        },
    }
    payload = json.dumps(statement, sort_keys=True).encode("ascii")
    made = key.sign(pae(_PAYLOAD, payload), ECDSA(hash_for(key.public_key())))
    document = {
        "mediaType": _MEDIA,
        "verificationMaterial": {"publicKey": {"hint": fingerprint(public_key_of(private_key))}, "tlogEntries": []},
        "dsseEnvelope": {
            "payload": _base64(payload),
            "payloadType": _PAYLOAD,
            "signatures": [{"sig": _base64(made), "keyid": ""}],
        },
    }
    return f"{json.dumps(document, sort_keys=True)}\n".encode("ascii")


def fingerprint(public_key: str) -> str:
    """Name a public key as model-signing does: the sha256 of its PEM in its one spelling."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    pem = read_public_key(public_key).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(pem).hexdigest()


def public_key_of(private_key: bytes) -> str:
    """Give the public half of a private key, as PEM."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    public = read_private_key(private_key).public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")


def _listed(contents: Contents) -> list[tuple[str, str]]:
    """List what a signature names: every file and the manifest, by name, with the sha256 of its bytes."""
    files = {**contents.files, NAME: contents.manifest.dumps()}
    return [(name, hashlib.sha256(data).hexdigest()) for name, data in sorted(files.items())]


def pae(kind: str, payload: bytes) -> bytes:
    """Spell what DSSE signs: the payload with its type, each with its length."""
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode("ascii"), len(payload), payload)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def hash_for(key: EllipticCurvePublicKey) -> HashAlgorithm:
    """Give the hash that goes with the key's curve."""
    from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512

    return SHA256() if key.key_size == 256 else SHA384() if key.key_size == 384 else SHA512()


def read_public_key(text: str) -> EllipticCurvePublicKey:
    """Read a public key of PEM; raises ConfigurationError where it is none of ours."""
    need("verify", "a signature")
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(text.encode("ascii"))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise _no_key("public") from error
    if not isinstance(key, EllipticCurvePublicKey) or key.curve.name not in _CURVES:
        raise _no_key("public")
    return key


def read_private_key(data: bytes) -> EllipticCurvePrivateKey:
    """Read a private key of PEM; raises ConfigurationError where it is none of ours."""
    need("verify", "a signature")
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(data, None)
    except (TypeError, ValueError, UnsupportedAlgorithm) as error:
        raise _no_key("private") from error
    if not isinstance(key, EllipticCurvePrivateKey) or key.curve.name not in _CURVES:
        raise _no_key("private")
    return key


_CURVES = ("secp256r1", "secp384r1", "secp521r1")


def _no_key(which: str) -> ConfigurationError:
    return ConfigurationError(
        f"a signature's {which} key is to be PEM, on the curve P-256, P-384 or P-521, without a password",
        hint="openssl ecparam -name prime256v1 -genkey -noout -out key.pem; openssl ec -in key.pem -pubout",
    )
