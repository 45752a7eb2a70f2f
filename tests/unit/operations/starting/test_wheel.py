"""Which wheel a repository is to run on, and what is said where none can be named."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

import mlops
from mlops.errors import MlopsError
from mlops.operations.starting.pin import Pin
from mlops.operations.starting.wheel import Source, Wheel, find
from tests.builders.zipped_wheels import NAME, make_wheel

VERSION = mlops.__version__
ADDRESS = f"https://host.example/a/{NAME}"


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def refused(given: str | None, source: Source | None) -> tuple[str, str, int]:
    with pytest.raises(MlopsError) as caught:
        find(given, source)
    return caught.value.message, caught.value.hint, caught.value.exit_code


def test_a_file_goes_into_the_repository(wheel: Path) -> None:
    pin = Pin(VERSION, digest(wheel), f"./vendor/{NAME}")
    assert find(str(wheel), None) == Wheel(pin, wheel.read_bytes())
    assert find(None, Source(wheel.as_uri(), digest(wheel))) == Wheel(pin, wheel.read_bytes())


def test_an_address_that_was_installed_is_pinned_by_the_hash_that_pip_noted() -> None:
    assert find(None, Source(ADDRESS, "a" * 64)) == Wheel(Pin(VERSION, "a" * 64, ADDRESS))


@pytest.mark.slow
def test_what_came_from_an_index_is_asked_for_by_name(wheel: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheel.parent))
    assert find(None, None) == Wheel(Pin(VERSION, digest(wheel)))


@pytest.mark.parametrize(
    ("note", "source"),
    [
        ({"url": "file:///w.whl", "archive_info": {"hashes": {"sha256": "ab"}}}, Source("file:///w.whl", "ab")),
        ({"url": "file:///w.whl", "archive_info": {"hash": "sha256=ab"}}, Source("file:///w.whl", "ab")),
        ({"url": "file:///w.whl", "archive_info": {}}, Source("file:///w.whl")),
        ({"url": "file:///a%20b", "dir_info": {"editable": True}}, Source("file:///a%20b", folder=True)),
        ({"url": "https://h/r.git", "vcs_info": {"vcs": "git"}}, Source("https://h/r.git", folder=True)),
    ],
    ids=["pip", "an old pip", "without a hash", "a folder", "a repository"],
)
def test_what_an_installer_notes_is_read(note: dict[str, object], source: Source) -> None:
    assert Source.read(json.dumps(note)) == source


@pytest.mark.slow
def test_an_index_that_has_none_is_no_reason_to_take_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    message, hint, code = refused(None, None)
    assert message == (
        f"the index that pip is set to has no wheel of mlops-by-pull-request {VERSION}: "
        f"No matching distribution found for mlops-by-pull-request=={VERSION}"
    )
    assert (hint, code) == ("give --from WHEEL: a file, or its address", 6)


@pytest.mark.slow
def test_an_index_that_has_another_program_under_the_name_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_wheel(tmp_path, {"cli/main.py": "print('a stranger')\n"})
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    shown = f"mlops-by-pull-request {VERSION} of the index"
    message = f"{shown} is not the program that runs here: mlops/cli/main.py differ"
    assert refused(None, None) == (message, "pip install the one that you mean, then run this again", 5)


def test_another_program_is_refused_by_the_files_that_differ(tmp_path: Path) -> None:
    path = make_wheel(tmp_path, {"cli/main.py": "", "errors.py": "", "more.py": "", "new.py": ""})
    message = (
        f"{NAME} is not the program that runs here: mlops/cli/main.py, mlops/errors.py, mlops/more.py and 1 more differ"
    )
    assert refused(str(path), None) == (message, "pip install the one that you mean, then run this again", 5)


def test_a_wheel_that_is_not_the_installed_one_any_more_is_refused(wheel: Path) -> None:
    message = f"{wheel} has the hash {digest(wheel)[:12]}…, but mlops was installed from aaaaaaaaaaaa…"
    expected = (message, "pip install it again, then run this again", 5)
    assert refused(None, Source(wheel.as_uri(), "a" * 64)) == expected


def test_a_wheel_that_is_gone_is_asked_for(tmp_path: Path) -> None:
    message = f"{tmp_path / NAME}, the wheel that mlops was installed from, is gone"
    expected = (message, "give --from WHEEL: a file, or its address", 6)
    assert refused(None, Source((tmp_path / NAME).as_uri(), "a" * 64)) == expected


def test_a_folder_is_no_wheel(tmp_path: Path) -> None:
    hint = f"pip wheel --no-deps {tmp_path} makes a wheel of it; then give --from WHEEL: a file, or its address"
    expected = (f"mlops runs from {tmp_path}, not from a wheel", hint, 4)
    assert refused(None, Source(tmp_path.as_uri(), folder=True)) == expected


def test_what_is_given_is_read_before_it_is_believed(tmp_path: Path) -> None:
    hint = "give --from WHEEL: a file, or its address"
    assert refused(str(tmp_path / "no.whl"), None) == (f"there is no file {tmp_path / 'no.whl'}", "check --from", 4)
    (tmp_path / NAME).write_bytes(b"not a zip")
    assert refused(str(tmp_path / NAME), None) == (f"{NAME} is no wheel: it cannot be read", hint, 4)
    other = make_wheel(tmp_path / "other", name="mlops-1.0-py3-none-any.whl")
    message = "mlops-1.0-py3-none-any.whl is no wheel of mlops-by-pull-request"
    assert refused(str(other), None) == (message, hint, 4)


@pytest.mark.parametrize(
    "address",
    [
        f"https://me:hunter2@host.example/{NAME}",
        f"https://host.example/{NAME}?token=1",
        f"git+https://host.example/{NAME}",
        "https://host.example/mlops-1.0-py3-none-any.whl",
        f"https://host.example/${{TOKEN}}/{NAME}",
    ],
)
def test_an_address_that_says_too_much_or_the_wrong_thing_is_refused(address: str) -> None:
    message, hint, code = refused(address, None)
    assert message == f"{address.rpartition('@')[2]}: not an address of a wheel of mlops-by-pull-request"
    assert "hunter2" not in message
    assert hint == "https://HOST/PATH/mlops_by_pull_request-VERSION-py3-none-any.whl, without a user, `?` or `#`"
    assert code == 4
