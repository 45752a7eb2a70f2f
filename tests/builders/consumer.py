"""The environment of somebody who has MLflow and nothing of this package.

What is installed here is linked, distribution by distribution, so that no index is asked and nothing else is there.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

_SCRIPT = "#!{python}\nimport sys\nfrom {module} import {first}\nsys.exit({attribute}())\n"


@dataclass(frozen=True)
class Consumer:
    """A folder of commands, and what the environment variables of whoever types them are."""

    commands: Path
    environment: dict[str, str]

    def command(self, *words: str) -> list[str]:
        return [str(self.commands / words[0]), *words[1:]]

    def run(self, *words: str, folder: Path) -> subprocess.CompletedProcess[str]:
        command = self.command(*words)
        return subprocess.run(command, cwd=folder, env=self.environment, capture_output=True, text=True, check=False)


def make_consumer(folder: Path, requirements: str, **more: str) -> Consumer:
    """Make an environment of what a requirements.txt names, and of what that needs; `more` are variables.

    The pins must be what is installed here.
    """
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    (packages,) = (folder / "lib").glob("python3.*/site-packages")
    for item in needed(requirements.splitlines()):
        _link(item, packages, folder / "bin")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "MLFLOW_"))}
    path = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return Consumer(folder / "bin", kept | {"PATH": path, "MLFLOW_DISABLE_TELEMETRY": "true"} | more)


def needed(lines: list[str]) -> list[Distribution]:
    """Follow what distributions ask for, with the extras that are asked for."""
    found: dict[str, Distribution] = {}
    seen: set[tuple[str, str]] = set()
    ahead = [(Requirement(line), "") for line in lines]
    while ahead:
        wanted, extra = ahead.pop()
        if wanted.marker is not None and not wanted.marker.evaluate({"extra": extra}):
            continue
        name = canonicalize_name(wanted.name)
        item = found.setdefault(name, distribution(wanted.name))
        assert wanted.specifier.contains(item.version, prereleases=True), f"{wanted} but {item.version} is here"
        for key in {"", *wanted.extras}:
            if (name, key) not in seen:
                seen.add((name, key))
                ahead += [(Requirement(line), key) for line in item.requires or ()]
    return [found[name] for name in sorted(found)]


def _link(item: Distribution, packages: Path, commands: Path) -> None:
    """Link what a distribution put beside others, and write its commands as pip would."""
    for top in {path.parts[0] for path in item.files or () if path.parts[0] not in {"..", "__pycache__"}}:
        if not (packages / top).exists():
            (packages / top).symlink_to(str(item.locate_file(top)))
    for entry in item.entry_points:
        if entry.group == "console_scripts":
            script = commands / entry.name
            first = entry.attr.partition(".")[0]
            text = _SCRIPT.format(python=commands / "python", module=entry.module, first=first, attribute=entry.attr)
            script.write_text(text)
            script.chmod(0o755)
