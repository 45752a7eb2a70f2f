"""Keys of a test, the policy that names them, and bundles that they sign."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, SECP384R1, SECP521R1, derive_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from mlops.bundle.signature import public_key_of

_CURVES = {256: SECP256R1, 384: SECP384R1, 521: SECP521R1}


@cache
def private_key(number: int = 1, bits: int = 256) -> bytes:
    """Derive the key of a number, as PEM: the same in every run, and nobody's secret."""
    key = derive_private_key(0x5EED0000 + number, _CURVES[bits]())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def public_key(number: int = 1, bits: int = 256) -> str:
    """Give its public half."""
    return public_key_of(private_key(number, bits))


def write_policy(root: Path, *, more: str = "", unsigned: str = "warn", number: int = 1) -> None:
    """Let the policy of a repository name one signer, `main`; `more` are its further keys, a line each."""
    pem = "".join(f"      {line}\n" for line in public_key(number).splitlines())
    text = f'owners: ["@platform"]\nunsigned: {unsigned}\nsigners:\n  main:\n{more}    key: |\n{pem}'
    (root / "conf").mkdir(parents=True, exist_ok=True)
    (root / "conf/policy.yaml").write_text(text)
