"""A link into DVC's own cache is a file of its folder; any other link that leads out is an escape."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from mlops.bundle.contents import verify
from mlops.errors import ConfigurationError, DataError, InfrastructureError, IntegrityError
from mlops.files.dvc_cache import cache_folder, linked, own_bytes
from mlops.ml.data.sources import scan
from mlops.operations.validate import validate
from mlops.sources.source import Source
from tests.builders.bundles import make_bundle
from tests.builders.repositories import make_repository

ROWS = b"age,plan,left\n31,free,true\n"
DATA = "pipelines/churn/data/churn.csv"


def md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def keep(cache: Path, data: bytes, suffix: str = "") -> tuple[Path, str]:
    """Put bytes into a cache; where they are, and the digest they are called by."""
    digest = md5(data)
    path = cache / "files/md5" / digest[:2] / (digest[2:] + suffix)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path, digest + suffix


def track(path: Path, digest: str) -> None:
    text = yaml.safe_dump({"outs": [{"md5": digest, "hash": "md5", "path": path.name}]})
    path.with_name(f"{path.name}.dvc").write_text(text)


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "shared"


@pytest.fixture
def root(tmp_path: Path, cache: Path) -> Path:
    """A repository whose data DVC keeps in a cache that several share, as `dvc checkout` leaves it."""
    root = make_repository(tmp_path / "repository")
    (root / ".dvc").mkdir()
    (root / ".dvc/config").write_text("[cache]\n    dir = ../../shared\n    type = symlink\n")
    kept, digest = keep(cache, ROWS)
    (root / DATA).unlink()
    (root / DATA).symlink_to(kept)
    track(root / DATA, digest)
    return root


def rules(root: Path) -> list[tuple[str, str]]:
    return [(found.rule, found.hint) for found in validate(root)[0]]


def read(root: Path) -> list[tuple[object, ...]]:
    source = Source(kind="csv", path="data/churn.csv")
    return scan(source, root / "pipelines/churn").collect().rows()


def test_a_link_into_the_cache_is_the_file_that_dvc_tracks(root: Path) -> None:
    assert rules(root) == []
    assert read(root) == [(0, "31", "free", "true")]


def test_a_stage_of_ones_own_may_have_made_it(root: Path) -> None:
    _, digest = keep(root.parent / "shared", ROWS)
    (root / f"{DATA}.dvc").unlink()
    lock = {"schema": "2.0", "stages": {"fetch": {"cmd": "x", "outs": [{"path": "data/churn.csv", "md5": digest}]}}}
    (root / "pipelines/churn/dvc.lock").write_text(yaml.safe_dump(lock))
    assert rules(root) == []


def relink(root: Path, target: Path) -> None:
    (root / DATA).unlink()
    (root / DATA).symlink_to(target)


def secret(root: Path) -> Path:
    path = root.parent / "secret"
    path.write_bytes(ROWS)
    return path


def leads_on(root: Path) -> None:
    """What the cache holds under the right name is itself a link."""
    kept = Path((root / DATA).readlink())
    kept.unlink()
    kept.symlink_to(secret(root))


def folder_leads_on(root: Path) -> None:
    """So is the folder that holds it."""
    kept = Path((root / DATA).readlink())
    elsewhere = root.parent / "elsewhere"
    kept.parent.rename(elsewhere)
    kept.parent.symlink_to(elsewhere)


def two_steps(root: Path) -> None:
    between = root.parent / "between"
    between.symlink_to((root / DATA).readlink())
    relink(root, between)


def climbs(root: Path) -> None:
    """It says that it is in the cache, and climbs out."""
    kept = Path((root / DATA).readlink())
    relink(root, kept.parent / ".." / ".." / ".." / ".." / secret(root).name)


def another(root: Path) -> None:
    """A file of somebody else's, in the same cache."""
    relink(root, keep(root.parent / "shared", b"theirs\n")[0])


def not_tracked(root: Path) -> None:
    (root / f"{DATA}.dvc").unlink()


def tracked_by_a_link(root: Path) -> None:
    (root / f"{DATA}.dvc").rename(root.parent / "moved.dvc")
    (root / f"{DATA}.dvc").symlink_to(root.parent / "moved.dvc")


def damaged(root: Path) -> None:
    (root / f"{DATA}.dvc").write_text("outs: [")


def another_cache(root: Path) -> None:
    (root / ".dvc/config").write_text("[cache]\n    dir = /\n")


def another_cache_here(root: Path) -> None:
    (root / ".dvc/config.local").write_text("[cache]\n    dir = ../.git\n")


def everything_is_cache(root: Path) -> None:
    """A cache of all the disk, a file of whose the digest is known."""
    (root / ".dvc/config").write_text("[cache]\n    dir = /\n")
    relink(root, secret(root))
    track(root / DATA, md5(ROWS))


def no_dvc(root: Path) -> None:
    (root / ".dvc/config").unlink()
    (root / ".dvc").rmdir()


def gone(root: Path) -> None:
    Path((root / DATA).readlink()).unlink()


ESCAPES: list[Callable[[Path], None]] = [
    leads_on,
    folder_leads_on,
    two_steps,
    climbs,
    another,
    not_tracked,
    tracked_by_a_link,
    damaged,
    another_cache,
    another_cache_here,
    everything_is_cache,
    no_dvc,
    gone,
]


@pytest.mark.parametrize("change", ESCAPES, ids=lambda change: change.__name__)
def test_any_other_link_is_refused(root: Path, change: Callable[[Path], None]) -> None:
    change(root)
    assert rules(root) == [
        (
            "path-outside",
            "put the file into pipelines/churn/, or `dvc checkout` if DVC tracks it: "
            "a link must lead to what a .dvc file records, in DVC's cache",
        )
    ]
    with pytest.raises((ConfigurationError, InfrastructureError)):
        read(root)


def test_a_folder_that_is_a_link_into_another_hides_nothing(root: Path, tmp_path: Path) -> None:
    (root / "pipelines/churn/data").rename(tmp_path / "moved")
    (root / "pipelines/churn/data").symlink_to(tmp_path / "moved")
    assert [rule for rule, _ in rules(root)] == ["path-outside"]


def test_what_was_changed_in_the_cache_is_not_read(root: Path) -> None:
    kept = Path((root / DATA).readlink())
    kept.write_bytes(ROWS + b"54,paid,false\n")
    with pytest.raises(IntegrityError) as caught:
        read(root)
    found, wanted = md5(kept.read_bytes()), md5(ROWS)
    assert caught.value.message == f"churn.csv was changed in DVC's cache: its MD5 is {found} but must be {wanted}"
    assert caught.value.hint == f"rm {kept} && dvc pull, or `dvc add` the right file again"


def test_own_code_stays_in_its_folder(root: Path) -> None:
    kept, digest = keep(root.parent / "shared", b"def check(frame): ...\n")
    (root / "pipelines/churn/checks.py").symlink_to(kept)
    track(root / "pipelines/churn/checks.py", digest)
    text = (root / "conf/data/churn.yaml").read_text() + "checks: [{use: 'pipelines.churn.checks:check'}]\n"
    (root / "conf/data/churn.yaml").write_text(text)
    assert [rule for rule, _ in rules(root)] == ["path-outside"]


def test_the_files_of_a_folder_are_those_of_its_list(root: Path, cache: Path) -> None:
    folder = root / "pipelines/churn/rows"
    folder.mkdir()
    names = {f"{name}.csv": keep(cache, ROWS + name.encode() + b",,\n") for name in "ab"}
    listing = [{"md5": digest, "relpath": name} for name, (_, digest) in names.items()]
    path, digest = keep(cache, json.dumps(listing).encode(), ".dir")
    track(folder, digest)
    for name, (kept, _) in names.items():
        (folder / name).symlink_to(kept)
    source = Source(kind="csv", path="rows")
    assert scan(source, root / "pipelines/churn").collect().height == 4
    (folder / "c.csv").symlink_to(names["a.csv"][0])
    with pytest.raises(DataError, match=r"the folder rows holds c\.csv, no plain files"):
        scan(source, root / "pipelines/churn")
    (folder / "c.csv").unlink()
    path.write_bytes(path.read_bytes() + b" ")  # a list that is not the one recorded lists nothing
    with pytest.raises(DataError, match=r"the folder rows holds a\.csv, b\.csv, no plain files"):
        scan(source, root / "pipelines/churn")


def test_a_bundle_whose_files_dvc_linked_verifies_and_no_other_with_links(root: Path, cache: Path) -> None:
    folder = make_bundle(root / "pipelines/churn/artifacts/bundle")
    digest = verify(folder)
    listing = []
    for path in sorted(folder.iterdir()):
        kept, name = keep(cache, path.read_bytes())
        listing.append({"md5": name, "relpath": path.name})
        path.unlink()
        path.symlink_to(kept)
    _, whole = keep(cache, json.dumps(listing).encode(), ".dir")
    lock = {"schema": "2.0", "stages": {"bundle": {"cmd": "x", "outs": [{"path": "artifacts/bundle", "md5": whole}]}}}
    (root / "pipelines/churn/dvc.lock").write_text(yaml.safe_dump(lock))
    assert verify(folder) == digest
    (root / "pipelines/churn/dvc.lock").unlink()
    with pytest.raises(IntegrityError):
        verify(folder)


def test_a_setting_nearer_to_the_repository_goes_first(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shared = root.parent / "user"
    shared.mkdir()
    (shared / "config").write_text("[cache]\ndir = /everybody\n")
    monkeypatch.setenv("DVC_GLOBAL_CONFIG_DIR", str(shared))
    assert cache_folder(root) == root / ".dvc/../../shared"
    (root / ".dvc/config.local").write_text("['remote \"x\"']\n    url = %(y)s\n[cache]\n    dir = /here\n")
    assert cache_folder(root) == Path("/here")
    (root / ".dvc/config.local").write_text("not a setting")
    (root / ".dvc/config").write_text("[core]\n    analytics = false\n")
    assert cache_folder(root) == Path("/everybody")
    (shared / "config").unlink()
    assert cache_folder(root) == root / ".dvc/cache"


def test_a_plain_file_is_nothing_to_look_after(root: Path) -> None:
    (root / "plain").write_text("x")
    assert linked(root / "plain") is None
    own_bytes(root / "plain")
