"""Signatures of a bundle: made, verified, and refused for whatever they do not vouch for."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mlops.bundle.contents import Contents
from mlops.bundle.manifest import seal
from mlops.bundle.signature import Signature, fingerprint, sign
from mlops.errors import ConfigurationError, IntegrityError
from tests.builders.bundles import make_bundle
from tests.builders.signing import private_key, public_key


@pytest.fixture(scope="module")
def contents(tmp_path_factory: pytest.TempPathFactory) -> Contents:
    return Contents.read(make_bundle(tmp_path_factory.mktemp("signed") / "bundle"))


def changed(data: bytes, change: Callable[[dict[str, Any]], None]) -> bytes:
    """Change the statement within a signature, whose subject then fits what it lists."""
    document = json.loads(data)
    statement = json.loads(base64.b64decode(document["dsseEnvelope"]["payload"]))
    change(statement)
    digests = [bytes.fromhex(item["digest"]) for item in statement["predicate"]["resources"]]
    statement["subject"][0]["digest"]["sha256"] = hashlib.sha256(b"".join(digests)).hexdigest()
    payload = json.dumps(statement).encode()
    document["dsseEnvelope"]["payload"] = base64.b64encode(payload).decode()
    return json.dumps(document).encode()


@pytest.mark.parametrize("bits", [256, 384, 521])
def test_what_a_key_signed_is_its_own_and_nobody_elses(contents: Contents, bits: int) -> None:
    signature = Signature(sign(contents, private_key(1, bits)))
    signature.refuse_other(contents)
    assert signature.verify(public_key(1, bits))
    assert not signature.verify(public_key(2, bits))
    assert signature.key == fingerprint(public_key(1, bits))
    assert signature.made_on() is None


def test_a_scaler_that_was_swapped_is_refused_though_the_manifest_was_sealed_anew(
    tmp_path: Path, contents: Contents
) -> None:
    signature = Signature(sign(contents, private_key()))
    folder = make_bundle(tmp_path / "bundle")
    transform = folder / "transform.json"
    transform.write_bytes(transform.read_bytes().replace(b"0.", b"1.", 1))
    seal(folder, contents.manifest.pipeline, contents.manifest.task)
    swapped = Contents.read(folder)  # by its own manifest it is whole
    with pytest.raises(IntegrityError) as caught:
        signature.refuse_other(swapped)
    said, own = contents.digest[:19], swapped.digest[:19]
    assert caught.value.message == f"the signature is of another bundle, {said}…, not of {own}…"


@pytest.mark.parametrize("where", ["add", "remove", "rename", "digest", "twice"])
def test_a_statement_that_lists_other_files_is_refused(contents: Contents, where: str) -> None:
    def change(statement: dict[str, Any]) -> None:
        listed = statement["predicate"]["resources"]
        if where == "add":
            listed.append(dict(listed[0], name="more.json"))
        elif where == "remove":
            listed.pop(0)
        elif where == "rename":
            listed[0]["name"] = "other.json"
        elif where == "digest":
            listed[0]["digest"] = "0" * 64
        else:
            listed.append(dict(listed[0]))

    good = sign(contents, private_key())
    signature = Signature(changed(good, change))
    assert not signature.verify(public_key())  # the key signed other words
    with pytest.raises(IntegrityError, match="says otherwise of "):
        signature.refuse_other(contents)


def test_a_statement_whose_subject_is_not_what_it_lists_is_refused(contents: Contents) -> None:
    document = json.loads(sign(contents, private_key()))
    statement = json.loads(base64.b64decode(document["dsseEnvelope"]["payload"]))
    statement["subject"][0]["digest"]["sha256"] = "0" * 64
    document["dsseEnvelope"]["payload"] = base64.b64encode(json.dumps(statement).encode()).decode()
    with pytest.raises(IntegrityError) as caught:
        Signature(json.dumps(document).encode()).refuse_other(contents)
    assert caught.value.message == "the signature contradicts itself: its subject is not what it lists"


def test_one_flipped_bit_anywhere_in_the_signature_is_refused(contents: Contents) -> None:
    good = sign(contents, private_key())
    document = json.loads(good)
    made = bytearray(base64.b64decode(document["dsseEnvelope"]["signatures"][0]["sig"]))
    made[-1] ^= 1
    document["dsseEnvelope"]["signatures"][0]["sig"] = base64.b64encode(bytes(made)).decode()
    assert not Signature(json.dumps(document).encode()).verify(public_key())


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.update(mediaType="application/json"),
        lambda d: d["dsseEnvelope"].update(payloadType="text/plain"),
        lambda d: d["dsseEnvelope"].update(signatures=[]),
        lambda d: d["dsseEnvelope"].update(signatures=d["dsseEnvelope"]["signatures"] * 2),
        lambda d: d["dsseEnvelope"].update(payload=base64.b64encode(b"{}").decode()),
        lambda d: d.pop("verificationMaterial"),
    ],
)
def test_what_is_no_signature_of_model_signing_is_refused(
    contents: Contents, change: Callable[[dict[str, Any]], None]
) -> None:
    document = json.loads(sign(contents, private_key()))
    change(document)
    with pytest.raises(IntegrityError) as caught:
        Signature(json.dumps(document).encode())
    assert caught.value.message == "the signature is none that model-signing 1.1 makes"


@pytest.mark.parametrize("data", [b"", b"[]", b"\xff", b"[" * 100_000, b" " * ((1 << 20) + 1)])
def test_bytes_that_are_no_signature_are_refused(data: bytes) -> None:
    with pytest.raises(IntegrityError, match="the signature is none that model-signing"):
        Signature(data)


def test_a_signature_by_nobody_and_by_two_is_refused(contents: Contents) -> None:
    for material in ({}, {"publicKey": {"hint": "0" * 64}, "certificate": {"rawBytes": "AAAA"}}):
        document = json.loads(sign(contents, private_key())) | {"verificationMaterial": material}
        with pytest.raises(IntegrityError) as caught:
            Signature(json.dumps(document).encode())
        assert caught.value.message == "the signature names neither a key nor a workflow's certificate, or both"


@pytest.mark.parametrize("key", [b"", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"])
def test_what_is_no_key_signs_nothing_and_is_not_shown(contents: Contents, key: bytes) -> None:
    with pytest.raises(ConfigurationError) as caught:
        sign(contents, key)
    message = "a signature's private key is to be PEM, on the curve P-256, P-384 or P-521, without a password"
    assert caught.value.message == message
