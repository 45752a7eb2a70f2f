"""An image built, pushed, pulled by digest and run for real: podman, on a base that is made here, without a network."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
import yaml

from mlops.bundle.contents import Contents
from mlops.operations.containers.context import Laid, Wanted, lay_out
from mlops.operations.containers.model import write_model
from mlops.plan.placed import Placed
from mlops.stages import server_cost
from mlops.targets.kubernetes import manifests
from tests.builders.asked import Ledger, asking
from tests.builders.behind import MISSING as MISSING_PROXY
from tests.builders.behind import WHY as WHY_PROXY
from tests.builders.behind import said, site_in
from tests.builders.bundles import make_bundle
from tests.builders.clusters import KUBERNETES
from tests.builders.podman import BASE, WHY, Podman, ask, registry, speaks
from tests.builders.repositories import make_repository
from tests.builders.waiting import CEILING, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.tools, pytest.mark.skipif(bool(WHY), reason=WHY or "can run")]
IMAGE = "localhost/mlops-test"
LARGEST = 160e6
REQUESTS = 20_000


@pytest.fixture(scope="module")
def laid(wheelhouse: Path, tmp_path_factory: pytest.TempPathFactory) -> Laid:
    folder = tmp_path_factory.mktemp("context")
    root = make_repository(folder / "root")
    with (root / "conf/pipeline/churn.yaml").open("a") as file:
        file.write(f"deploy: {{image: {{kind: container, base: '{BASE}', behind: proxy}}}}\n")
    wanted = Wanted("churn", make_bundle(folder / "bundle"), folder / "laid", wheels=wheelhouse)
    return lay_out(root, wanted, lambda contents: None)


@pytest.fixture(scope="module")
def image(podman: Podman, laid: Laid) -> str:
    return podman.built(laid, "--tag", f"{IMAGE}:whole")


def test_it_answers_its_golden_rows_with_no_right_at_all(podman: Podman, laid: Laid, image: str) -> None:
    golden = json.loads((laid.folder / "bundle/golden.json").read_text())
    with podman.running(image) as address:
        assert ask(f"{address}/version")["bundle"] == laid.bundle
        assert ask(f"{address}/invocations", golden["rows"])["predictions"]


@pytest.mark.skipif(MISSING_PROXY, reason=WHY_PROXY)
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


def test_the_gate_counts_what_is_built(podman: Podman, image: str) -> None:
    """With another Python than the base's: a tenth more or less for what is installed, and thirty megabytes for it."""
    built = int(json.loads(podman("inspect", image))[0]["Size"])
    assert 0.9 * built - 30e6 < server_cost.runtime() < 1.1 * built + 30e6


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
