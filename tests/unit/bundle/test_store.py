from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlops.bundle.contents import verify
from mlops.bundle.store import Store
from mlops.errors import ConfigurationError, InfrastructureError, IntegrityError
from tests.builders.bundles import make_bundle

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def test_what_was_put_is_got(store: Store, tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "bundle")
    digest = store.put(bundle)
    assert digest == verify(bundle) == verify(store.get(digest))
    assert store.get(digest).name == digest.removeprefix("sha256:")


def test_putting_twice_changes_nothing(store: Store, tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "bundle")
    folder = store.get(store.put(bundle))
    before = {path.name: path.stat() for path in folder.iterdir()}  # a file written anew is another inode, however soon
    store.put(bundle)
    assert {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in folder.iterdir()} == {
        name: (found.st_ino, found.st_mtime_ns) for name, found in before.items()
    }
    assert [path.name for path in store.root.iterdir()] == [folder.name]


def test_putting_again_repairs_a_spoilt_copy(store: Store, tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "bundle")
    digest = store.put(bundle)
    (store.get(digest) / "card.md").write_text("# better")
    with pytest.raises(IntegrityError, match=r"card\.md"):
        store.get(digest)
    store.put(bundle)
    assert verify(store.get(digest)) == digest


def test_a_tampered_bundle_is_not_put(store: Store, tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "bundle")
    (bundle / "more").write_text("x")
    with pytest.raises(IntegrityError, match="'more' is not in the manifest"):
        store.put(bundle)
    assert not store.root.exists()


def test_a_bundle_under_the_name_of_another_is_refused(store: Store, tmp_path: Path) -> None:
    first = store.put(make_bundle(tmp_path / "a"))
    second = store.put(make_bundle(tmp_path / "b", seed=5))
    store.get(first).rename(tmp_path / "away")
    store.get(second).rename(store.place(first))
    with pytest.raises(IntegrityError, match=f"is {second} but must be {first}"):
        store.get(first)


def test_an_absent_bundle_says_how_to_get_it(store: Store) -> None:
    digest = "sha256:" + "0" * 64
    with pytest.raises(InfrastructureError) as caught:
        store.get(digest)
    assert str(caught.value) == f"the bundle {digest} is not in {store.root}"
    assert caught.value.hint == "check out the commit that made it; `mlops run` and `mlops register` put it there"


@pytest.mark.parametrize("digest", ["", "latest", "sha256:../../etc", "sha256:" + "A" * 64, "0" * 64])
def test_what_is_no_digest_is_refused(store: Store, digest: str) -> None:
    with pytest.raises(ConfigurationError, match="does not name a bundle"):
        store.get(digest)
