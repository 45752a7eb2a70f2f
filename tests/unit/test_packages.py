"""Releases that must never be installed: malicious, or with a hole that their successor closes."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from mlops.extras import STORES

REFUSED = {
    "pytorch-lightning": ("2.6.2", "2.6.3", "2.6.5"),
    "hydra-core": ("1.3.7",),
    "mlflow": ("3.17.1", "3.18.0"),
    "omegaconf": ("2.3.0",),
}


@pytest.mark.parametrize("name", REFUSED)
def test_pyproject_refuses_a_bad_release_and_takes_the_pinned_one(name: str, repository: Path) -> None:
    project = tomllib.loads((repository / "pyproject.toml").read_text())["project"]
    (wanted,) = [item for item in map(Requirement, asked(project)) if item.name == name]
    assert not [version for version in REFUSED[name] if wanted.specifier.contains(version)]
    assert wanted.specifier.contains(pinned(repository)[name])


def test_whatever_is_asked_for_is_pinned_to_one_version(repository: Path) -> None:
    project = tomllib.loads((repository / "pyproject.toml").read_text())["project"]
    assert {canonicalize_name(Requirement(item).name) for item in asked(project)} <= set(pinned(repository))


def asked(project: dict[str, Any]) -> list[str]:
    """List what the core and all extras ask for."""
    extras = ("train", "registry", "verify", "sql", "excel", "image", "explain", "tune", *STORES, "test")
    return [*project["dependencies"], *(item for extra in extras for item in project["optional-dependencies"][extra])]


SHIPPED = ("run", "serve", "sign", "torch", "torch-cpu", "verify", *STORES)
LOCKS = (
    *SHIPPED,
    "airflow",
    "audit",
    "build",
    "cloud",
    "conformance",
    "docs",
    "kserve",
    "mlserver",
    "ray",
    "services",
    "test",
)


@pytest.mark.parametrize("name", LOCKS)
def test_every_file_that_is_installed_has_a_hash(name: str, repository: Path) -> None:
    found = locked(repository, name)
    assert found
    for requirement, hashes in found.items():
        assert [item.operator for item in Requirement(requirement).specifier] == ["=="], requirement
        assert hashes, requirement
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", item) for item in hashes), requirement


def test_what_is_locked_is_what_is_pinned(repository: Path) -> None:
    found = {
        canonicalize_name(requirement.name): next(iter(requirement.specifier)).version
        for name in ("build", "run", "test", "torch", *STORES)
        for requirement in map(Requirement, locked(repository, name))
    }
    differing = {name: found.get(name) for name, version in pinned(repository).items() if found.get(name) != version}
    assert not differing, "constraints.txt and the locks differ: run `make lock`"
    (cpu,) = map(Requirement, locked(repository, "torch-cpu"))
    assert str(cpu.specifier) == f"=={pinned(repository)['torch']}+cpu"


def test_no_index_is_named_where_packages_are(repository: Path) -> None:
    texts = [
        path.read_text() for place in (".requirements", "mlops/locks") for path in (repository / place).glob("*.txt")
    ]
    assert len(texts) == len(LOCKS)
    assert not [line for text in texts for line in text.splitlines() if "://" in line or line.startswith("-")]


def commands(repository: Path, target: str, *settings: str) -> list[str]:
    """List what a target of the Makefile would run."""
    command = ["make", "--dry-run", "--always-make", target, *settings]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=True)
    return done.stdout.replace("\\\n", " ").splitlines()


@pytest.mark.parametrize("target", ["setup", "check", "audit", "services", "signing", "airflow", "docs", "ray"])
def test_nothing_is_installed_but_by_its_hash_or_from_here(target: str, repository: Path) -> None:
    parts = [part for line in commands(repository, target) for part in re.split(r";|\|\|", line)]
    parts = [part for part in parts if re.search(r"bin/(uv )?pip .*install ", part)]
    assert parts
    for part in parts:
        assert "--no-deps" in part
        assert "--require-hashes" in part or "--editable ." in part, part


def test_a_setup_for_the_demo_installs_nothing_that_only_tests_need(repository: Path) -> None:
    assert not [line for line in commands(repository, "demo") if ".requirements/test.txt" in line]
    assert [line for line in commands(repository, "check") if ".requirements/test.txt" in line]


def test_what_serves_is_part_of_what_runs(repository: Path) -> None:
    for name in ("serve", "verify"):
        assert locked(repository, name).items() <= locked(repository, "run").items()
    assert not locked(repository, "serve").keys() & locked(repository, "verify").keys()
    assert not locked(repository, "test").keys() & locked(repository, "run").keys()
    assert not locked(repository, "services").keys() & (locked(repository, "run") | locked(repository, "test")).keys()


@pytest.mark.parametrize("store", STORES)
def test_a_store_adds_its_plugin_and_what_that_needs_to_what_runs(store: str, repository: Path) -> None:
    """By name: a block for what is there already would be a second version of it, or the same bytes twice."""
    found = {Requirement(item).name for item in locked(repository, store)}
    assert STORES[store].keys() <= found
    assert not found & {Requirement(item).name for name in ("run", "torch") for item in locked(repository, name)}


def test_what_two_stores_need_is_the_same(repository: Path) -> None:
    found: dict[str, list[str]] = {}
    for store in STORES:
        for requirement, hashes in locked(repository, store).items():
            assert found.setdefault(Requirement(requirement).name, [requirement, *hashes]) == [requirement, *hashes]


def test_an_audit_reads_every_lock(repository: Path) -> None:
    lines = [line for line in commands(repository, "audit") if "pip-audit --strict" in line]
    read = {path for line in lines for path in re.findall(r"--requirement (\S+)\.txt", line)}
    places = {f"mlops/locks/{name}" if name in SHIPPED else f".requirements/{name}" for name in LOCKS}
    # the core is part of what runs, and a build of torch for CPUs has the holes of any other
    assert places - read == {"mlops/locks/serve", "mlops/locks/torch-cpu", "mlops/locks/verify"}


def test_a_setup_that_compares_no_hashes_says_so(repository: Path) -> None:
    found = commands(repository, "setup", "HASHES=no")
    said = "HASHES=no: what is installed is NOT compared with the hashes in mlops/locks/"
    assert [line for line in found if said in line]
    assert not [line for line in found if "--require-hashes" in line]


def locked(repository: Path, name: str) -> dict[str, list[str]]:
    """Read the requirements of a lock, each with its hashes."""
    place = "mlops/locks" if name in SHIPPED else ".requirements"
    lines = (repository / place / f"{name}.txt").read_text().replace(" \\\n", "\n").splitlines()
    found: dict[str, list[str]] = {}
    for line in lines:
        if line.startswith("    "):
            found[next(reversed(found))].append(line.strip())
        elif not line.startswith("#"):
            found[line] = []
    return found


def pinned(repository: Path) -> dict[str, str]:
    lines = (repository / "constraints.txt").read_text().splitlines()
    found = [Requirement(line) for line in lines if line and not line.startswith("#")]
    assert all([item.operator for item in requirement.specifier] == ["=="] for requirement in found)
    return {canonicalize_name(requirement.name): next(iter(requirement.specifier)).version for requirement in found}
