"""Another release in an environment of its own: by hash, from its own lock, or not at all."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import pytest

from mlops.errors import ConfigurationError, InfrastructureError
from mlops.operations.starting.elsewhere import call, requirements
from mlops.operations.starting.pin import Pin, blocks, parse, versions
from tests.builders.upgrading import make_earlier_wheel
from tests.builders.zipped_wheels import make_later_wheel


def test_the_wheel_is_installed_with_the_core_that_its_own_lock_names(tmp_path: Path) -> None:
    wheel = make_later_wheel(tmp_path, "7.0")
    tools, all_of_it = requirements(wheel)
    found = parse(all_of_it)
    assert found.pin == Pin("7.0", hashlib.sha256(wheel.read_bytes()).hexdigest(), f"./vendor/{wheel.name}")
    with zipfile.ZipFile(wheel) as archive:
        assert found.versions() == versions(archive.read("mlops/locks/serve.txt").decode())
    assert list(versions(tools)) == ["setuptools"]
    assert all("--hash=sha256:" in block for text in (tools, found.lock) for block in blocks(text))


def test_a_wheel_without_a_lock_is_not_installed(tmp_path: Path) -> None:
    wheel = tmp_path / "mlops_by_pull_request-0.0.9-py3-none-any.whl"
    make_earlier_wheel(wheel)
    with pytest.raises(ConfigurationError) as caught:
        call(wheel, tmp_path, ())
    assert caught.value.message == f"{wheel.name} brings no lock: mlops/locks/serve.txt is not in it"
    assert caught.value.hint == "check --from"


@pytest.mark.slow
def test_an_index_that_lacks_what_the_lock_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = make_later_wheel(tmp_path, "7.0")
    (setuptools,) = versions(requirements(wheel)[0]).items()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    with pytest.raises(InfrastructureError) as caught:
        call(wheel, tmp_path, ("upgrade",))
    found = f"No matching distribution found for {setuptools[0]}=={setuptools[1]}"
    assert caught.value.message.startswith(f"{wheel.name} cannot be installed: {found}")
    assert caught.value.hint == "is pip's index reachable, and does it have what the lock names?"
