"""The doctor on what is installed, and on places that jobs share."""

from __future__ import annotations

from pathlib import Path

import pytest

import mlops
from mlops.operations.access.check import Check
from mlops.operations.access.installation import installation, places
from mlops.operations.starting.lock import needs, shipped
from mlops.operations.starting.pin import Pin, Requirements, write
from tests.builders.repositories import edit, make_repository

WHEEL = f"mlops_by_pull_request-{mlops.__version__}-py3-none-any.whl"
HELD = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # of the three bytes abc
BACK = "take it back from Git: git checkout -- "


def checked(root: Path, pin: Pin | None) -> Check:
    if pin is not None:
        (root / "requirements.txt").write_text(write(Requirements(pin, "")))
    (check,) = installation(root)
    return check


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = make_repository(tmp_path)
    (made / "vendor").mkdir()
    (made / "vendor" / WHEEL).write_bytes(b"abc")
    return made


@pytest.mark.parametrize(
    ("pin", "check"),
    [
        (Pin(mlops.__version__, HELD), Check("pin", "pass", f"mlops {mlops.__version__}, from the index")),
        (
            Pin(mlops.__version__, HELD, f"./vendor/{WHEEL}"),
            Check("pin", "pass", f"mlops {mlops.__version__}, from ./vendor/{WHEEL}"),
        ),
        (
            Pin("99.0", HELD),
            Check(
                "pin",
                "fail",
                f"mlops {mlops.__version__} runs here, but requirements.txt pins 99.0",
                "install it as README.md says",
            ),
        ),
        (
            Pin(mlops.__version__, "a" * 64, f"./vendor/{WHEEL}"),
            Check(
                "pin",
                "fail",
                f"vendor/{WHEEL} has the hash ba7816bf8f01…, but requirements.txt says aaaaaaaaaaaa…",
                f"take both back from Git: git checkout -- requirements.txt vendor/{WHEEL}",
            ),
        ),
        (
            Pin("99.0", HELD, f"./vendor/{WHEEL.replace(mlops.__version__, '99.0')}"),
            Check(
                "pin",
                "fail",
                "vendor/mlops_by_pull_request-99.0-py3-none-any.whl is gone",
                BACK + "vendor/mlops_by_pull_request-99.0-py3-none-any.whl",
            ),
        ),
        (None, Check("pin", "fail", "requirements.txt is missing", BACK + "requirements.txt")),
    ],
    ids=["index", "file", "another release", "another wheel", "a wheel that is gone", "no lock"],
)
def test_the_pin_is_held_to_what_is_here(pin: Pin | None, check: Check, root: Path) -> None:
    assert checked(root, pin) == check


def test_a_lock_that_somebody_edited_is_told(root: Path) -> None:
    (root / "requirements.txt").write_text("click==8.5.1\n")
    message = "requirements.txt is not a file that `mlops init` or `mlops upgrade` wrote"
    assert checked(root, None) == Check("pin", "fail", message, BACK + "requirements.txt")


def test_what_a_remote_needs_is_looked_for_in_the_lock(root: Path) -> None:
    (root / ".dvc").mkdir()
    (root / ".dvc/config").write_text(
        "['remote \"storage\"']\n    url = s3://bucket/x\n['remote \"old\"']\n    url = /srv\n"
    )
    of_the_release = Pin(mlops.__version__, HELD)
    (root / "requirements.txt").write_text(write(Requirements(of_the_release, shipped())))
    said = (
        f"requirements.txt lacks dvc-s3 and {len(needs('s3')) - 1} more: "
        "DVC reaches the remote `storage` of .dvc/config, on s3, by it"
    )
    hint = "commit .dvc/config, then run mlops upgrade: it adds what is missing, and nothing else moves"
    assert list(installation(root))[1:] == [Check("dvc plugin for storage", "fail", said, hint)]
    (root / "requirements.txt").write_text(write(Requirements(of_the_release, shipped(stores=("s3",)))))
    assert list(installation(root))[1:] == [Check("dvc plugin for storage", "pass", "what s3 needs is locked")]
    (root / "requirements.txt").write_text(write(Requirements(Pin("99.0", HELD), shipped())))
    assert [check.name for check in installation(root)] == ["pin"]


def test_who_installs_in_another_way_has_no_pin(root: Path) -> None:
    edit(root, "conf/project.yaml", "name: shop\n", "name: shop\nci: {install: make}\n")
    assert list(installation(root)) == []


def test_places_are_looked_at_where_jobs_share_them(root: Path) -> None:
    assert list(places(root)) == []
    edit(root, "conf/project.yaml", "name: shop\n", "name: shop\nenvironments: {prod: {}}\n")
    assert [check.name for check in places(root)] == ["environments", "tracking.uri"]
    (root / "conf/project.yaml").write_text("name: [")
    assert list(places(root)) == []
