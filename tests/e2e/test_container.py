"""An image built, pushed, pulled by digest and run for real: podman, on a base that is made here, without a network."""

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
from pathlib import Path
from typing import Any

import pytest
import yaml

from mlops.bundle.contents import Contents
from mlops.operations.containers.context import Laid, Wanted, lay_out, requirements
from mlops.operations.containers.model import write_model
from mlops.plan.placed import Placed
from mlops.targets.kubernetes import manifests
from tests.builders.asked import Ledger, asking
from tests.builders.behind import MISSING as MISSING_PROXY
from tests.builders.behind import WHY, said, site_in
from tests.builders.bundles import make_bundle
from tests.builders.clusters import KUBERNETES
from tests.builders.repositories import make_repository
from tests.builders.waiting import CEILING, wait_until
from tests.builders.wheels import build_wheel

TOOLS = ("podman", "runc", "mmdebstrap", "docker-registry", "skopeo", "catatonit")
MISSING = [tool for tool in TOOLS if shutil.which(tool) is None]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.tools,
    pytest.mark.skipif(
        bool(MISSING) or os.geteuid() != 0, reason=f"no {', '.join(MISSING) or 'root'}: apt-get install"
    ),
]
BASE = "localhost/mlops-test-base:12"
IMAGE = "localhost/mlops-test"
LARGEST = 160e6
REQUESTS = 20_000
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


@pytest.fixture(scope="module")
def podman(tmp_path_factory: pytest.TempPathFactory) -> Podman:
    settings = tmp_path_factory.mktemp("podman") / "containers.conf"
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


@pytest.fixture(scope="module")
def laid(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Laid:
    folder = tmp_path_factory.mktemp("context")
    root = make_repository(folder / "root")
    with (root / "conf/pipeline/churn.yaml").open("a") as file:
        file.write(f"deploy: {{image: {{kind: container, base: '{BASE}', behind: proxy}}}}\n")
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
    wanted = Wanted("churn", make_bundle(folder / "bundle"), folder / "laid", wheels=wheel.parent)
    return lay_out(root, wanted, lambda contents: None)


@pytest.fixture(scope="module")
def image(podman: Podman, laid: Laid) -> str:
    return podman.built(laid, "--tag", f"{IMAGE}:whole")


def test_it_answers_its_golden_rows_with_no_right_at_all(podman: Podman, laid: Laid, image: str) -> None:
    golden = json.loads((laid.folder / "bundle/golden.json").read_text())
    with podman.running(image) as address:
        assert ask(f"{address}/version")["bundle"] == laid.bundle
        assert ask(f"{address}/invocations", golden["rows"])["predictions"]


@pytest.mark.skipif(MISSING_PROXY, reason=WHY)
def test_twenty_thousand_requests_while_haproxy_moves_between_containers(
    podman: Podman, image: str, tmp_path: Path
) -> None:
    bundles = [make_bundle(tmp_path / f"bundle-{seed}", seed=seed) for seed in (1, 2)]
    blue, green = (Contents.read(bundle).digest for bundle in bundles)
    mounted = ("--volume", f"{bundles[1]}:/models/churn:ro")
    with podman.running(image) as first, podman.running(image, *mounted) as second:
        ports = [int(address.rpartition(":")[2]) for address in (first, second)]
        site = site_in(tmp_path, said(blue_green={"ports": ports}))
        proxy, ledger = site.proxy, Ledger()
        proxy.ensure()
        try:
            proxy.move("blue")
            ledger.name(blue)
            with asking(("127.0.0.1", site.target.port), bundles, ledger) as clients:
                for number in range(1, 9):
                    clients.until(number * REQUESTS // 9)
                    before, after = ("blue", "green") if number % 2 else ("green", "blue")
                    named = {"blue": blue, "green": green}
                    with ledger.switching(named[before], named[after]):
                        proxy.move(after)
                        assert proxy.drain(before, CEILING) == 0
                clients.finish(REQUESTS)
        finally:
            proxy.stop()
    assert (clients.failed, clients.latest, set(clients.by)) == ([], 0.0, {blue, green})
    assert clients.answered >= REQUESTS


def test_it_is_small_and_holds_no_shell_and_belongs_to_nobody(podman: Podman, image: str) -> None:
    told = json.loads(podman("inspect", image))[0]
    assert told["Size"] <= LARGEST
    assert told["Config"]["User"] == "65532:65532"
    place = Path(podman("image", "mount", image))
    try:
        assert not [
            path for name in ("sh", "bash", "pip", "apt", "perl") for path in place.rglob(name) if path.is_file()
        ]
        writable = [path for path in place.rglob("*") if not path.is_symlink() and path.stat().st_mode & 0o022]
        assert [path.relative_to(place).as_posix() for path in writable] == ["tmp"]
    finally:
        podman("image", "unmount", image)


def test_the_same_context_gives_the_same_image(podman: Podman, laid: Laid, image: str) -> None:
    assert podman.built(laid) == image


def test_a_bundle_alone_is_an_image_too_which_the_runtime_serves(podman: Podman, laid: Laid, image: str) -> None:
    model = podman.built(laid, "--target", "model")
    size = json.loads(podman("inspect", model))[0]["Size"]
    assert size < 1e6
    assert podman.built(laid, "--target", "model") == model
    digest = json.loads(podman("inspect", model))[0]["Config"]["Labels"]["org.opencontainers.image.version"]
    assert digest == laid.bundle


def test_it_is_pushed_and_pulled_by_digest_and_answers_as_before(
    podman: Podman, laid: Laid, image: str, tmp_path: Path
) -> None:
    with registry(tmp_path) as place:
        pushed = tmp_path / "digest"
        podman("push", "--tls-verify=false", "--digestfile", str(pushed), image, f"{place}/churn:x")
        named = f"{place}/churn@{pushed.read_text()}"
        podman("rmi", "--force", f"{place}/churn:x")
        podman("pull", "--tls-verify=false", named)
        with podman.running(named) as address:
            assert ask(f"{address}/version")["bundle"] == laid.bundle
        podman("rmi", named)


def test_a_cluster_would_run_the_compiled_deployment(podman: Podman, laid: Laid, image: str, tmp_path: Path) -> None:
    """Play it as it is compiled; podman has no volumes of images, so the image of the bundle is mounted for it."""
    contents, model = write_model("churn", laid.folder / "bundle", tmp_path / "model", lambda contents: None)
    runtime = f"{IMAGE}@{json.loads(podman('inspect', image))[0]['Digest']}"
    target = {**KUBERNETES, "runtime": runtime, "model": f"{IMAGE}-model", "replicas": {"least": 1, "most": 1}}
    placed = Placed("churn", "kubernetes", "prod", contents.digest, model.digest, "conf/pipeline/churn.yaml")
    deployment = yaml.safe_load(manifests(placed, target)["deployment.yaml"])
    pulled = podman("pull", "--quiet", f"oci:{tmp_path / 'model'}").splitlines()[-1]
    mounted = podman("image", "mount", pulled)
    volume, *_ = deployment["spec"]["template"]["spec"]["volumes"]
    assert volume.pop("image")["reference"] == f"{IMAGE}-model@{model.digest}"
    volume["hostPath"] = {"path": mounted}
    try:
        played = podman("kube", "play", "-", data=yaml.safe_dump(deployment).encode())
        told = json.loads(podman("inspect", played.splitlines()[-1]))[0]
        (network,) = told["NetworkSettings"]["Networks"].values()
        address = f"http://{network['IPAddress']}:8080"
        wait_until(lambda: speaks(address))
        golden = json.loads((laid.folder / "bundle/golden.json").read_text())
        assert ask(f"{address}/version")["bundle"] == laid.bundle
        assert ask(f"{address}/invocations", golden["rows"])["predictions"]
        assert (told["Config"]["User"], told["HostConfig"]["ReadonlyRootfs"]) == ("65532:65532", True)
    finally:
        podman("kube", "down", "-", data=yaml.safe_dump(deployment).encode())
        podman("image", "unmount", pulled)


def test_the_image_of_a_bundle_is_pushed_as_it_was_computed(podman: Podman, laid: Laid, tmp_path: Path) -> None:
    _, model = write_model("churn", laid.folder / "bundle", tmp_path / "model", lambda contents: None)
    with registry(tmp_path) as place:
        copied = ["skopeo", "copy", "--quiet", "--all", "--preserve-digests", "--dest-tls-verify=false"]
        to = f"docker://{place}/churn:x"
        done = subprocess.run([*copied, f"oci:{tmp_path / 'model'}", to], capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        podman("pull", "--tls-verify=false", f"{place}/churn@{model.digest}")
        podman("rmi", f"{place}/churn@{model.digest}")


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
