"""The wheel of this working tree, and environments made of a lock and a wheel."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PARTS = ("pyproject.toml", "README.md", "LICENSE")


def build_wheel(repository: Path, folder: Path) -> Path:
    """Build the wheel from a copy, so that nothing is left in the working tree."""
    source = folder / "source"
    source.mkdir(parents=True)
    for name in PARTS:
        shutil.copy(repository / name, source)
    shutil.copytree(repository / "mlops", source / "mlops", ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "."]
    subprocess.run([*command, "--wheel-dir", str(folder / "dist")], cwd=source, check=True, capture_output=True)
    (wheel,) = (folder / "dist").iterdir()
    return wheel


def install(environment: Path, lock: Path, wheel: Path) -> Path:
    """Make an environment of what a lock names, by its hashes, and a wheel; give its folder of commands.

    As `make setup` does: uv first, and pip, which knows more places, for what uv did not get. Skips the test where no
    index is reachable.
    """
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    commands = environment / "bin"
    install_more(commands, lock)
    subprocess.run([*_uv(commands), str(wheel)], check=True, capture_output=True)
    return commands


def install_more(commands: Path, lock: Path) -> None:
    """Add what a lock names to an environment, by its hashes; skips the test where no index is reachable."""
    pip = [sys.executable, "-m", "pip", *_own(commands)[:3], "install", *_own(commands)[3:]]
    locked = ["--require-hashes", "-r", str(lock)]
    if subprocess.run([*_uv(commands), *locked], capture_output=True, check=False).returncode:
        got = subprocess.run([*pip, *locked], capture_output=True, text=True, check=False)
        _hold(got, lock)


def _own(commands: Path) -> list[str]:
    return ["--quiet", "--python", str(commands / "python"), "--no-deps"]


def _uv(commands: Path) -> list[str]:
    return [sys.executable, "-m", "uv", "pip", "install", *_own(commands), "--compile-bytecode"]


def _hold(got: subprocess.CompletedProcess[str], lock: Path) -> None:
    if got.returncode:
        last = (got.stderr.strip().splitlines() or ["pip said nothing"])[-1]
        if "hashes" in got.stderr.lower() and "do not match" in got.stderr.lower():
            raise AssertionError(got.stderr)
        pytest.skip(f"no index here has what {lock.name} names: {last}")
