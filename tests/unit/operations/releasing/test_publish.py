"""What is live is published for servers without a repository: docs/howto/follow.md says how."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mlops.bundle.contents import verify
from mlops.cli.main import run
from mlops.compiler.github.release import lower_release
from mlops.configuration.project import Project
from mlops.configuration.signers import Signer
from mlops.documents.live import FILE, FOLDER, LivePointer
from mlops.errors import ConfigurationError, InfrastructureError, StaleError
from mlops.files.readable_place import open_readable
from mlops.operations.live.pointer import believing, spell
from mlops.operations.live.signed import Signers
from mlops.operations.releasing.publish import publish
from mlops.operations.releasing.reconcile import reconcile
from mlops.serve.follower import Follower
from tests.builders.bundles import make_bundle
from tests.builders.released import make_released
from tests.builders.repositories import commit, git
from tests.builders.signing import private_key, public_key

SIGNERS = Signers({"main": Signer(key=public_key())})


def project(place: str | None) -> Project:
    ci = {"signing": {"key": "SIGNING_KEY"}}
    return Project.model_validate({"name": "shop", "ci": ci, "environments": {"prod": {"publish": place}}})


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of three commits, and the key that signs."""
    root = tmp_path / "shop"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    for name in "abc":
        (root / name).write_text(name)
        commit(root, name)
    monkeypatch.setenv("SIGNING_KEY", private_key().decode())
    return root


def published(root: Path, bundle: Path, reference: str = "HEAD", place: str = "live") -> int:
    folder = root.parent / place
    at = git(root, "rev-parse", reference).strip()
    return publish(root, project(f"file://{folder}"), "prod", "tiny", verify(bundle), bundle, at)


def said(root: Path, environment: str = "prod") -> LivePointer:
    return believing(SIGNERS, "tiny", environment)((root.parent / "live/tiny" / FILE).read_bytes())


def test_a_bundle_is_published_whole_with_a_pointer_that_a_server_believes(root: Path) -> None:
    bundle = make_bundle(root.parent / "bundle")
    assert published(root, bundle) == 2
    digest = verify(bundle)
    assert said(root).value() == {
        "schema_version": 1,
        "environment": "prod",
        "pipeline": "tiny",
        "bundle": digest,
        "sequence": 3,
        "commit": git(root, "rev-parse", "HEAD").strip(),
    }
    assert verify(root.parent / "live" / FOLDER / digest.removeprefix("sha256:"), digest) == digest
    assert published(root, bundle) == 0
    place = open_readable(f"file://{root.parent}/live")
    found, _ = Follower(place, "tiny", believing(SIGNERS, "tiny", "prod"), root.parent / "keep").begin()
    assert found.pointer == said(root)


def test_a_file_that_is_lost_there_is_sent_again(root: Path) -> None:
    bundle = make_bundle(root.parent / "bundle")
    published(root, bundle)
    (root.parent / "live" / FOLDER / verify(bundle).removeprefix("sha256:") / "model.onnx").unlink()
    assert published(root, bundle) == 1


def test_what_is_published_never_goes_back(root: Path) -> None:
    first, second = (make_bundle(root.parent / f"bundle-{seed}", seed=seed) for seed in (1, 2))
    published(root, first)
    with pytest.raises(StaleError) as caught:
        published(root, second, "HEAD^")
    at = git(root, "rev-parse", "HEAD").strip()[:8]
    assert caught.value.message == f"tiny: file://{root.parent}/live has number 3 of {at}, after this commit's 2"
    assert caught.value.hint == "check out the newest commit; to go back: mlops rollback"
    with pytest.raises(StaleError, match=r"^tiny: number 3 is published already, for another bundle$"):
        published(root, second)
    (root / "d").write_text("d")
    commit(root, "d")
    assert published(root, second) == 2
    assert (said(root).sequence, said(root).bundle) == (4, verify(second))


def test_what_somebody_else_wrote_there_is_written_over(root: Path) -> None:
    bundle = make_bundle(root.parent / "bundle")
    forged = LivePointer(
        schema_version=1, environment="prod", pipeline="tiny", bundle=verify(bundle), sequence=99, commit="0" * 40
    )
    (root.parent / "live/tiny").mkdir(parents=True)
    (root.parent / "live/tiny" / FILE).write_bytes(spell(forged, private_key(2)))
    published(root, bundle)
    assert said(root).sequence == 3


def test_nothing_is_published_without_a_place_a_key_or_the_whole_history(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = make_bundle(root.parent / "bundle")
    assert publish(root, project(None), "prod", "tiny", verify(bundle), bundle, "HEAD") == 0
    git(root.parent, "clone", "-q", "--depth", "1", f"file://{root}", "shallow")
    with pytest.raises(StaleError) as caught:
        published(root.parent / "shallow", bundle)
    assert caught.value.hint == "git fetch --unshallow"
    monkeypatch.delenv("SIGNING_KEY")
    with pytest.raises(InfrastructureError) as absent:
        published(root, bundle)
    assert absent.value.message == "the key that signs is to be in SIGNING_KEY, and nothing is there"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"environments": {"prod": {"publish": "s3://shop/live"}}}, "what is published is signed by a key"),
        (
            {"environments": {"prod": {"publish": "s3://shop/live"}}, "ci": {"signing": "keyless"}},
            "what is published is signed by a key, and `ci` names none",
        ),
        ({"environments": {"prod": {"publish": "live"}}}, "write one such as s3://bucket/live"),
    ],
)
def test_what_could_not_be_published_is_refused_by_validate(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match="publish") as caught:
        Project.model_validate({"name": "shop", **given})
    assert message in str(caught.value)


def test_only_the_job_of_an_environment_that_publishes_holds_the_key() -> None:
    value = {"name": "shop", "ci": {"signing": {"key": "SIGNING_KEY"}}}
    described = Project.model_validate(value | {"environments": {"staging": {}, "prod": {"publish": "s3://shop/live"}}})
    held = {
        job.environment: [step for step in job.steps if "SIGNING_KEY" in step.environment]
        for job in lower_release(described).jobs
    }
    assert {name: [step.name for step in steps] for name, steps in held.items()} == {
        "staging": [],
        "prod": ["Reconcile"],
    }
    assert (described.secrets_in("staging"), described.secrets_in("prod")) == ((), ("SIGNING_KEY",))


@pytest.mark.slow
def test_reconcile_publishes_and_says_so_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setenv("SIGNING_KEY", private_key().decode())
    shop = make_released(tmp_path)
    text = f"name: shop\nci: {{signing: {{key: SIGNING_KEY}}}}\nenvironments: {{prod: {{publish: 'file://{tmp_path}/live'}}}}\n"
    (shop.root / "conf/project.yaml").write_text(text)
    believe = believing(SIGNERS, "tiny", "prod")
    numbers = []
    for bundle in (
        shop.first,
        shop.second,
        shop.first,
    ):  # the last is a rollback: a newer commit that names an older one
        shop.say("prod", bundle)
        (row,) = reconcile(shop.root, "prod").rows
        assert row.code == 0, row.problem
        pointer = believe((tmp_path / "live/tiny" / FILE).read_bytes())
        assert pointer.bundle == bundle
        numbers.append(pointer.sequence)
        assert reconcile(shop.root, "prod").writes == 0
    assert numbers == sorted(set(numbers))


def test_the_verb_says_what_does_not_go_together(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = f"file://{tmp_path}/live"
    assert run(["serve", "tiny", "--follow", place, "--check"]) == 4
    assert "leave --check, --expect and --signature away" in capsys.readouterr().err
    assert run(["serve", "tiny", "--keep", str(tmp_path)]) == 4
    assert "--keep belongs to --follow" in capsys.readouterr().err
    with pytest.raises(ConfigurationError):
        believing(Signers(), "tiny", None)
