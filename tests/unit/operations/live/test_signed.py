"""Whose signature counts: by policy, until when, and what becomes of a bundle that nobody signed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from mlops.bundle.contents import Contents
from mlops.bundle.manifest import seal
from mlops.bundle.signature import Signature
from mlops.bundle.signature import sign as sign_by_key
from mlops.configuration.signers import KeySigning, Signer
from mlops.errors import ConfigurationError, InfrastructureError, IntegrityError
from mlops.operations.live.signed import Signers, beside
from mlops.operations.live.signing_tool import program, signing, verifying
from mlops.operations.project import open_project
from mlops.operations.releasing.reconcile import reconcile
from mlops.operations.releasing.release import Wanted, release
from mlops.operations.releasing.sign import sign
from mlops.operations.running.serve import start, vouching
from mlops.targets.local import LocalTarget
from tests.builders.bundles import make_bundle
from tests.builders.released import Shop, make_released
from tests.builders.repositories import commit, git, make_repository
from tests.builders.signing import private_key, public_key, write_policy

pytestmark = pytest.mark.slow

TODAY = date(2026, 6, 1)


@pytest.fixture(scope="module")
def contents(tmp_path_factory: pytest.TempPathFactory) -> Contents:
    return Contents.read(make_bundle(tmp_path_factory.mktemp("signed") / "bundle"))


def known(number: int = 1, **more: object) -> Signers:
    return Signers({"main": Signer.model_validate({"key": public_key(number), **more})})


def held_by(signers: Signers, contents: Contents, *signatures: bytes | None) -> str | None:
    return signers.hold(contents, [lambda data=data: data for data in signatures], TODAY).signer  # type: ignore[misc]


def test_who_signed_is_told_by_the_name_that_policy_gives(contents: Contents) -> None:
    good, foreign = (sign_by_key(contents, private_key(number)) for number in (1, 2))
    assert held_by(known(), contents, good) == "main"
    assert held_by(known(), contents, None, foreign, good) == "main"  # one that counts is enough
    assert held_by(known(not_after="2026-06-01"), contents, good) == "main"


@pytest.mark.parametrize(
    ("signers", "message"),
    [
        (known(revoked=True), "the bundle is signed by `main`, which is revoked"),
        (known(not_after="2026-05-31"), "the bundle is signed by `main`, whose signatures counted until 2026-05-31"),
        (
            known(2),
            "the bundle {digest}… is signed by the key {key}…, and by none of the signers that policy names: main",
        ),
    ],
)
def test_a_signature_that_does_not_count_is_refused_whatever_policy_says_of_none(
    contents: Contents, signers: Signers, message: str
) -> None:
    good = sign_by_key(contents, private_key())
    with pytest.raises(IntegrityError) as caught:
        held_by(signers, contents, good)
    key = Signature(good).key or ""
    assert caught.value.message == message.format(digest=contents.digest[:19], key=key[:12])


def test_a_bundle_that_nobody_signed_is_a_warning_or_a_refusal(contents: Contents) -> None:
    message = f"nobody signed the bundle {contents.digest[:19]}… of tiny"
    held = known().hold(contents, [lambda: None], TODAY)
    assert (held.signer, held.warning) == (None, message)
    with pytest.raises(IntegrityError) as caught:
        Signers(known().known, "refuse").hold(contents, [lambda: None], TODAY)
    assert caught.value.message == message
    assert Signers().hold(contents, [lambda: b"not looked at"], TODAY).warning == ""


def test_a_signature_that_cannot_be_had_is_said(contents: Contents) -> None:
    def silent() -> bytes:
        raise InfrastructureError("MLflow does not answer")

    held = known().hold(contents, [silent], TODAY)
    said = f"the signature of the bundle {contents.digest[:19]}… cannot be had: MLflow does not answer"
    assert held.warning == said
    with pytest.raises(InfrastructureError, match="MLflow does not answer"):
        Signers(known().known, "refuse").hold(contents, [silent], TODAY)


WORKFLOW = "https://github.com/shop/models/.github/workflows/mlops-main.yml@refs/heads/main"


def test_a_workflow_is_held_to_its_identity_by_model_signing() -> None:
    signer = Signer.model_validate({"workflow": WORKFLOW})
    assert verifying(Path("b"), Path("s"), signer) == [
        *("verify", "sigstore", "--signature", "s", "--identity", WORKFLOW),
        *("--identity_provider", "https://token.actions.githubusercontent.com", "b"),
    ]
    assert signing(Path("b"), Path("s")) == ["sign", "sigstore", "--use_ambient_credentials", "--signature", "s", "b"]


def test_without_model_signing_it_says_what_to_type(tmp_path: Path) -> None:
    with pytest.raises(InfrastructureError) as caught:
        program(tmp_path)
    assert caught.value.message == "a workflow's signature needs model-signing, which is not installed"
    assert " -m venv .mlops/signing && .mlops/signing/bin/pip install --require-hashes" in caught.value.hint


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A repository whose policy names a signer, and whose registry holds two bundles that nobody signed."""
    shop = make_released(tmp_path_factory.mktemp("shop"))
    (shop.root / "conf/project.yaml").write_text("name: shop\nci: {signing: {key: SIGNING_KEY}}\n")
    write_policy(shop.root, unsigned="refuse")
    commit(shop.root, "Name who signs")
    git(shop.root, "push", "-q", "--force", "origin", "main")
    return shop


def test_what_main_signed_is_released_reconciled_and_served_and_nothing_else(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    unsigned = f"nobody signed the bundle {shop.second[:19]}… of tiny"
    with pytest.raises(IntegrityError) as caught:
        release(shop.root, Wanted("tiny", "staging"))
    assert caught.value.message == unsigned
    shop.say("staging", shop.second)  # as if it was pushed past the verb
    assert [(row.code, row.problem) for row in reconcile(shop.root, "staging").rows] == [(5, unsigned)]

    monkeypatch.delenv("SIGNING_KEY", raising=False)
    with pytest.raises(InfrastructureError) as absent:
        sign(shop.root, "tiny")
    assert absent.value.message == "the key that signs is to be in SIGNING_KEY, and nothing is there"
    monkeypatch.setenv("SIGNING_KEY", private_key(2).decode())
    with pytest.raises(IntegrityError, match="by none of the signers that policy names: main"):
        sign(shop.root, "tiny")  # a key that policy does not know signs nothing that is filed
    monkeypatch.setenv("SIGNING_KEY", private_key().decode())
    assert [sign(shop.root, "tiny").made for _ in range(2)] == [True, False]
    (row,) = reconcile(shop.root, "staging").rows
    assert (row.code, row.problem, row.action) == (0, "", "moved")

    folder = shop.store().place(shop.second)
    beside(folder).unlink()
    assert reconcile(shop.root, "staging").rows[0].code == 0  # the registry has it, and it is beside again
    vouching(shop.root, "tiny", folder)(Contents.read(folder))
    assert beside(folder).is_file()
    first = shop.store().place(shop.first)
    with pytest.raises(IntegrityError, match="nobody signed"):
        start(first, LocalTarget(), vouched=vouching(shop.root, str(first), first))


def test_a_swapped_scaler_is_refused_at_start(shop: Shop, tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "bundle")
    whole = Contents.read(bundle)
    beside(bundle).write_bytes(sign_by_key(whole, private_key()))
    vouched = vouching(None, "bundle", bundle, policy=shop.root / "conf/policy.yaml")
    vouched(whole)
    transform = bundle / "transform.json"
    transform.write_bytes(transform.read_bytes().replace(b"0.", b"1.", 1))
    seal(bundle, whole.manifest.pipeline, whole.manifest.task)
    with pytest.raises(IntegrityError, match="the signature is of another bundle"):
        start(bundle, LocalTarget(), vouched=vouched)
    start_without_policy = vouching(None, "bundle", bundle)
    start_without_policy(Contents.read(bundle))  # without the guard it would be served


def test_a_signature_may_lie_elsewhere(shop: Shop, tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "bundle")
    contents, policy = Contents.read(bundle), shop.root / "conf/policy.yaml"
    elsewhere = tmp_path / "elsewhere.json"
    elsewhere.write_bytes(sign_by_key(contents, private_key()))
    vouching(None, "bundle", bundle, policy=policy, signature=elsewhere)(contents)
    with pytest.raises(IntegrityError, match="nobody signed"):
        vouching(None, "bundle", bundle, policy=policy)(contents)
    with pytest.raises(ConfigurationError) as caught:
        vouching(None, "bundle", bundle, policy=tmp_path / "none")(contents)
    assert caught.value.message == f"{tmp_path}/none: No such file or directory"


def test_where_policy_names_nobody_nothing_is_signed(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        sign(make_repository(tmp_path), "churn")
    assert (caught.value.message, caught.value.hint) == (
        "nobody's signature counts here",
        "name `signers:` in conf/policy.yaml",
    )


def test_the_page_shows_what_is_read(repository: Path, tmp_path: Path) -> None:
    page = (repository / "docs/signatures.md").read_text()
    blocks = dict(re.findall(r"```yaml (\w+)\n(.*?)```", page, re.DOTALL))
    (tmp_path / "policy.yaml").write_text(blocks["policy"])
    found = Signers.from_file(tmp_path / "policy.yaml")
    assert (sorted(found.known), found.unsigned) == (["before", "main"], "refuse")
    root = make_repository(tmp_path / "shop")
    for text in (blocks["ci"], blocks["ci"].replace("ci: {signing: keyless}", "#").replace("# ci:", "ci:")):
        (root / "conf/project.yaml").write_text(f"name: shop\n{text}")
        assert open_project(root)[1].ci.signing in ("keyless", KeySigning(key="SIGNING_KEY"))
