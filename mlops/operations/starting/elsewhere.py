"""Another release of this program, in an environment of its own, by the hashes that its wheel brings.

What the YAML compiles to under a release only that release can tell: the one that runs here hands the work over.
"""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from mlops.errors import ConfigurationError, InfrastructureError
from mlops.operations.starting.pin import VENDOR, WHEEL, Pin, Requirements, blocks, write
from mlops.operations.starting.wheel import digest_of

_CORE = "mlops/locks/serve.txt"  # enough to compile and to plan, without torch
_BUILD = "mlops/locks/run.txt"


def call(wheel: Path, root: Path, arguments: Sequence[str]) -> int:
    """Install a wheel and the core of its lock, run it with these arguments in `root`, and give its exit code.

    Raises:
        ConfigurationError: the wheel brings no lock.
        InfrastructureError: it cannot be installed.
    """
    with TemporaryDirectory(prefix="mlops-upgrade-") as name:
        python = _install(wheel, Path(name))
        # isolated: a folder `mlops` of the repository, or PYTHONPATH, would stand before what was just installed
        command = [str(python), "-I", "-m", "mlops", *arguments]
        return subprocess.run(command, cwd=root, check=False).returncode  # noqa: S603


def requirements(wheel: Path) -> tuple[str, str]:
    """Give what installs a wheel that lies in `./vendor/`: first what builds sources, then the wheel and its core.

    Raises:
        ConfigurationError: the wheel brings no lock.
    """
    named = WHEEL.fullmatch(wheel.name)
    try:
        with zipfile.ZipFile(wheel) as archive:
            core, build = (archive.read(member).decode() for member in (_CORE, _BUILD))
    except (KeyError, zipfile.BadZipFile) as error:
        raise ConfigurationError(f"{wheel.name} brings no lock: {_CORE} is not in it", hint="check --from") from error
    pin = Pin(named.group("version") if named else "0", digest_of(wheel), f"./{VENDOR}/{wheel.name}")
    tools = "".join(block for block in blocks(build) if block.startswith("setuptools=="))
    return tools, write(Requirements(pin, core))


def _install(wheel: Path, folder: Path) -> Path:
    tools, all_of_it = requirements(wheel)
    (folder / VENDOR).mkdir()
    (folder / VENDOR / wheel.name).write_bytes(wheel.read_bytes())
    (folder / "build.txt").write_text(tools, encoding="utf-8")
    (folder / "requirements.txt").write_text(all_of_it, encoding="utf-8")
    _run([sys.executable, "-P", "-m", "venv", "env"], folder, "an environment cannot be made")
    python = folder / "env" / "bin" / "python"
    pip = [str(python), "-P", "-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--quiet"]
    pip += ["--require-hashes", "--no-deps", "--no-compile"]  # it answers one question, and is thrown away
    said = f"{wheel.name} cannot be installed"
    if tools:
        _run([*pip, "--only-binary", ":all:", "-r", "build.txt"], folder, said)
    _run([*pip, "--no-build-isolation", "-r", "requirements.txt"], folder, said)
    return python


def _run(command: Sequence[str], folder: Path, said: str) -> None:
    variables = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=variables)  # noqa: S603
    if done.returncode:
        lines = [line.removeprefix("ERROR: ") for line in done.stderr.splitlines() if line.strip()]
        cause = f": {lines[-1][:300]}" if lines else ""
        raise InfrastructureError(said + cause, hint="is pip's index reachable, and does it have what the lock names?")
