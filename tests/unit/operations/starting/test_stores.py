"""What DVC's remotes need is locked, and a remote that what is locked cannot reach is told with its place."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

import mlops
from mlops.extras import STORES
from mlops.operations.dvc.remote import remotes
from mlops.operations.starting.kept import kept
from mlops.operations.starting.lock import needs, shipped, with_stores
from mlops.operations.starting.pin import Pin, Requirements, blocks, versions, write
from mlops.operations.starting.stores import Unmet, store_of, stores, unlocked, unmet
from mlops.operations.validate import validate
from tests.builders.repositories import edit, make_repository

CONFIG = """\
[core]
    remote = storage
['remote "storage"']
    url = s3://bucket/shop
    verify = true
['remote "old"']
    url = /srv/dvc
['remote "copy"']
    url = "azure://container/shop"
"""
HINT = "commit .dvc/config, then run mlops upgrade: it adds what is missing, and nothing else moves"
OTHERS = len(needs("s3")) - 1


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = make_repository(tmp_path)
    configure(made, CONFIG)
    return made


def configure(root: Path, text: str) -> None:
    (root / ".dvc").mkdir(exist_ok=True)
    (root / ".dvc" / "config").write_text(text)


def pin(root: Path, lock: str, version: str = mlops.__version__) -> None:
    (root / "requirements.txt").write_text(write(Requirements(Pin(version, "a" * 64), lock)))


def without(lock: str, *names: str) -> str:
    return "".join(block for block in blocks(lock) if not versions(block).keys() & set(names))


def block(name: str) -> str:
    return f"{name}==1.0 \\\n    --hash=sha256:{'c' * 64}\n"


@pytest.mark.parametrize(
    ("url", "store"),
    [
        ("s3://bucket/shop", "s3"),
        ("gs://bucket/shop", "gs"),
        ("azure://container/shop", "azure"),
        ("ssh://me.example/srv", "ssh"),
        ("https://store.example/shop", None),
        ("/srv/s3", None),
        ("s3", "s3"),
        ("", None),
    ],
)
def test_a_store_is_known_by_the_scheme(url: str, store: str | None) -> None:
    assert store_of(url) == store


def test_the_lock_of_a_store_is_merged_once_and_in_order() -> None:
    plain, both = shipped(), shipped(stores=("s3", "azure"))
    assert versions(both).keys() == versions(plain).keys() | needs("s3") | needs("azure")
    assert blocks(both) == sorted(blocks(both))
    assert len(blocks(both)) == len(versions(both))
    assert with_stores(both, STORES.keys()) == shipped(stores=STORES.keys())
    assert with_stores(plain, ()) == plain


def test_what_is_locked_already_is_not_moved_by_a_store() -> None:
    assert block("botocore") in blocks(with_stores(block("botocore"), ("s3",)))


def test_all_remotes_count_by_name_however_they_are_quoted(root: Path) -> None:
    assert remotes(root) == {"copy": "azure://container/shop", "old": "/srv/dvc", "storage": "s3://bucket/shop"}
    assert stores(root, shipped()) == ("azure", "s3")
    configure(root, "[core\n")
    assert remotes(root) == {}


def test_a_store_that_was_locked_stays_without_its_remote(root: Path) -> None:
    assert stores(root, shipped(stores=("ssh",))) == ("azure", "s3", "ssh")


def test_what_is_lacking_is_told_by_remote(root: Path) -> None:
    first, second = unmet(root, shipped())
    assert (first.remote, first.store, first.lacks) == ("copy", "azure", tuple(sorted(needs("azure"))))
    assert second.message == (
        f"requirements.txt lacks dvc-s3 and {OTHERS} more: "
        "DVC reaches the remote `storage` of .dvc/config, on s3, by it"
    )
    assert second.hint == HINT
    assert unmet(root, shipped(stores=("azure", "s3"))) == ()


def test_a_plugin_without_all_that_it_needs_is_not_enough(root: Path) -> None:
    lock = without(shipped(stores=("azure", "s3")), "wrapt")
    (found,) = unmet(root, lock)
    assert found == Unmet("storage", "s3", ("wrapt",))
    assert found.message == (
        "requirements.txt lacks wrapt: DVC reaches the remote `storage` of .dvc/config, on s3, by it"
    )


def test_validate_refuses_it_at_its_place(root: Path) -> None:
    edit(root, ".dvc/config", "azure://container/shop", "https://store.example/shop")
    pin(root, shipped())
    found, text = validate(root)
    assert text == (
        f".dvc/config:3:1: requirements.txt lacks dvc-s3 and {OTHERS} more: "
        "DVC reaches the remote `storage` of .dvc/config, on s3, by it [remote-unlocked]\n"
        f"  {HINT}\n"
        "1 problem in 1 file"
    )
    assert [item.severity for item in found] == ["error"]
    pin(root, shipped(stores=("s3",)))
    assert validate(root) == ((), "")


def test_who_pins_nothing_or_another_release_is_told_by_others(root: Path) -> None:
    assert unlocked(root) == []
    (root / "requirements.txt").write_text("click==8\n")
    assert unlocked(root) == []
    pin(root, shipped(), "99.0")
    assert unlocked(root) == []
    pin(root, shipped())
    assert len(unlocked(root)) == 2
    edit(root, "conf/project.yaml", "name: shop\n", "name: shop\nci: {install: make}\n")
    assert validate(root) == ((), "")


def test_what_somebody_added_stays_also_where_a_store_that_is_not_used_would_bring_it(root: Path) -> None:
    """`botocore` for code of their own: the release before had a lock for s3, and the repository did not use it."""
    wheel = "mlops_by_pull_request-0.0.9-py3-none-any.whl"
    (root / "vendor").mkdir()
    with zipfile.ZipFile(root / "vendor" / wheel, "w") as archive:
        archive.writestr("mlops/locks/run.txt", block("numpy"))
        archive.writestr("mlops/locks/s3.txt", block("dvc-s3") + block("botocore") + block("gone"))
    held = Pin("0.0.9", "a" * 64, f"./vendor/{wheel}")
    own = block("numpy") + block("botocore")
    assert kept(root, Requirements(held, own), block("numpy")) == (block("botocore"),)
    used = own + block("dvc-s3") + block("gone")
    assert kept(root, Requirements(held, used), block("numpy") + block("dvc-s3")) == ()
