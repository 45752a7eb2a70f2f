"""Podman for real: told what it may have here, on a base that is made here, with a registry on loopback."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mlops.operations.containers.context import Laid, requirements
from tests.builders.waiting import CEILING, wait_until
from tests.builders.wheels import build_wheel

TOOLS = ("podman", "runc", "mmdebstrap", "docker-registry", "skopeo", "catatonit")
MISSING = [tool for tool in TOOLS if shutil.which(tool) is None]
WHY = f"no {', '.join(MISSING) or 'root'}: apt-get install" if MISSING or os.geteuid() != 0 else ""
"""Why nothing of this can run here; empty where it can."""
BASE = "localhost/mlops-test-base:12"
# crun and the defaults ask for what a container of CI's may not have
SETTINGS = """\
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
"""


class Podman:
    """The program, told what it may have here."""

    def __init__(self, settings: Path) -> None:
        self.settings = settings
        self._environment = {**os.environ, "CONTAINERS_CONF": str(settings)}

    def __call__(self, *arguments: str, data: bytes | None = None) -> str:
        done = subprocess.run(
            ["podman", *arguments], input=data, env=self._environment, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode().strip()

    def built(self, laid: Laid, *options: str) -> str:
        """Build without a network and without what was built before; give the image's id, a digest of all it holds."""
        offline = ("--network", "none", "--build-arg", "PIP_NO_INDEX=1", "--pull=never", "--no-cache", "--quiet")
        return self("build", "--timestamp", "0", *offline, *options, *laid.arguments).splitlines()[-1]

    @contextmanager
    def running(self, image: str, *options: str) -> Iterator[str]:
        """Run an image with as few rights as there are; give its address."""
        few = ("--read-only", "--cap-drop", "all", "--security-opt", "no-new-privileges", "--memory", "256m")
        name = self("run", "--detach", *few, "--publish", "127.0.0.1::8080", *options, image)
        try:
            address = f"http://{self('port', name, '8080').splitlines()[0]}"
            wait_until(lambda: self("inspect", "--format", "{{.State.Running}}", name) != "true" or speaks(address))
            yield address
            self("stop", "--time", "60", name)
            assert self("inspect", "--format", "{{.State.ExitCode}}", name) == "0", self("logs", name)
        finally:
            self("rm", "--force", name)


def speaks(address: str) -> bool:
    try:
        return bool(ask(f"{address}/ping") == {"status": "ok"})
    except OSError:
        return False


def ask(address: str, rows: list[Any] | None = None) -> Any:
    body = None if rows is None else json.dumps({"dataframe_records": rows}).encode()
    request = urllib.request.Request(address, body, {"content-type": "application/json"})  # noqa: S310
    with urllib.request.urlopen(request, timeout=CEILING) as answer:  # noqa: S310 - of this machine
        return json.loads(answer.read())


def make_podman(folder: Path) -> Podman:
    """Tell podman what it may have, and make the base of images where that is not there; skips without an index."""
    settings = folder / "containers.conf"
    settings.write_text(SETTINGS)
    podman = Podman(settings)
    if not podman("images", "--quiet", BASE):
        packages = "python3,python3-venv"
        command = ["mmdebstrap", "--variant=minbase", f"--include={packages}", "bookworm", "-"]
        made = subprocess.run(command, capture_output=True, check=False)
        if made.returncode:
            pytest.skip(f"no Debian packages: {made.stderr.decode().splitlines()[-1]}")
        podman("import", "-", BASE, data=made.stdout)
    return podman


@dataclass(frozen=True)
class Yard:
    """What jobs of a play build and push images with: a registry, a folder of wheels, a `podman` on the PATH."""

    podman: Podman
    registry: str
    wheels: Path

    @classmethod
    @contextmanager
    def opened(cls, podman: Podman, wheels: Path, folder: Path) -> Iterator[Yard]:
        """Open a registry, and let every `podman` that is started meanwhile be told of it, as of what it may have."""
        with registry(folder) as place, pytest.MonkeyPatch.context() as patch:
            known = folder / "registries.conf"
            known.write_text(f'[[registry]]\nlocation = "{place}"\ninsecure = true\n')
            program = folder / "bin/podman"
            program.parent.mkdir()
            told = f"CONTAINERS_CONF={podman.settings} CONTAINERS_REGISTRIES_CONF={known}"
            program.write_text(f'#!/bin/sh\n{told} exec {shutil.which("podman")} "$@"\n')
            program.chmod(0o755)
            patch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
            try:
                yield cls(podman, place, wheels)
            finally:
                if left := set(podman("images", "--quiet", "--no-trunc", "--filter", f"reference={place}/*").split()):
                    podman("rmi", "--force", *sorted(left))


def make_wheelhouse(repository: Path, folder: Path) -> Path:
    """Fetch all that an image installs, for the base's Python, and build our own wheel; skips without an index."""
    wheel = build_wheel(repository, folder)
    lock = folder / "serve.txt"
    needed = requirements((repository / "mlops/locks/serve.txt").read_text(), wheel.name, "")
    lock.write_text("".join(needed.splitlines(keepends=True)[:-1]))
    fetched = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
    base = ["--python-version", "3.11", "--only-binary", ":all:"]  # Debian's, whatever this one is
    done = subprocess.run(
        [*fetched, *base, "--dest", str(wheel.parent), "--requirement", str(lock)], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip(f"no index: {done.stderr.decode().splitlines()[-1]}")
    return wheel.parent


def digest_in_registry(image: str) -> str:
    """Ask a registry on loopback by which digest it knows a tag."""
    command = ["skopeo", "inspect", "--tls-verify=false", "--no-tags", "--format", "{{.Digest}}", f"docker://{image}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@contextmanager
def registry(folder: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {
        "version": 0.1,
        "storage": {"filesystem": {"rootdirectory": str(folder / "registry")}},
        "http": {"addr": f"127.0.0.1:{port}"},
        "log": {"level": "error"},
    }
    (folder / "registry.json").write_text(json.dumps(settings))
    with subprocess.Popen(
        ["docker-registry", "serve", str(folder / "registry.json")], stderr=subprocess.DEVNULL
    ) as process:
        try:
            wait_until(lambda: listens(f"http://127.0.0.1:{port}/v2/"))
            yield f"127.0.0.1:{port}"
        finally:
            process.terminate()


def listens(address: str) -> bool:
    try:
        ask(address)
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True
