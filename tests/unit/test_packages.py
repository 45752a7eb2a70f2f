"""Releases that must never be installed: malicious, or with a hole that their successor closes."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

REFUSED = {
    "pytorch-lightning": ("2.6.2", "2.6.3", "2.6.5"),
    "hydra-core": ("1.3.7",),
    "mlflow": ("3.17.1", "3.18.0"),
    "omegaconf": ("2.3.0",),
}


@pytest.mark.parametrize("name", REFUSED)
def test_pyproject_refuses_a_bad_release_and_takes_the_pinned_one(name: str, repository: Path) -> None:
    project = tomllib.loads((repository / "pyproject.toml").read_text())["project"]
    (wanted,) = [item for item in map(Requirement, project["dependencies"]) if item.name == name]
    assert not [version for version in REFUSED[name] if wanted.specifier.contains(version)]
    assert wanted.specifier.contains(pinned(repository)[name])


def test_whatever_make_setup_installs_is_pinned_to_one_version(repository: Path) -> None:
    project = tomllib.loads((repository / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    asked = [*project["dependencies"], *extras["test"], *extras["sql"]]
    assert {canonicalize_name(Requirement(item).name) for item in asked} <= set(pinned(repository))


def pinned(repository: Path) -> dict[str, str]:
    lines = (repository / "constraints.txt").read_text().splitlines()
    found = [Requirement(line) for line in lines if line and not line.startswith("#")]
    assert all([item.operator for item in requirement.specifier] == ["=="] for requirement in found)
    return {canonicalize_name(requirement.name): next(iter(requirement.specifier)).version for requirement in found}
