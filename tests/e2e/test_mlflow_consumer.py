"""docs/mlflow.md, typed by somebody who has MLflow, what requirements.txt names, and nothing of this package."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from mlops.cli.main import run
from mlops.release import published
from tests.builders.bundles import make_bundle
from tests.builders.consumer import Consumer, make_consumer
from tests.builders.flipped import flip, flipped, read
from tests.builders.released import Shop, make_released
from tests.builders.waiting import CEILING, started, wait_until
from tests.conftest import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.tools]

PAGE = (ROOT / "docs/mlflow.md").read_text()
LOADER = published.present()
LOAD_ALL = """\
import json, sys
import mlflow.pyfunc
said = {}
for place in sys.argv[1:]:
    try:
        mlflow.pyfunc.load_model(place)
    except Exception as error:
        said[place] = f"{type(error).__module__}.{type(error).__name__}: {error}"
    else:
        said[place] = "loaded"
print(json.dumps(said))
"""


def block(kind: str) -> str:
    """A block of the page, with the model of this test."""
    (text,) = re.findall(rf"^```\w+ {kind}\n(.*?)^```", PAGE, re.M | re.S)
    return str(text).replace("churn", "tiny")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A repository whose registered bundle is live."""
    made = make_released(tmp_path_factory.mktemp("released"))
    made.say("prod", made.second)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(made.root)
        assert run(["reconcile", "--env", "prod"]) == 0
        yield made
        assert run(["show", "--bytes"]) == 0, "what was loaded in place is as it was"


@pytest.fixture(scope="module")
def model(shop: Shop) -> Path:
    """Where the registry keeps what is live."""
    return Path(read(shop.root / ".mlops/mlflow.db", "model_versions", "source", "version = 2"))


@pytest.fixture(scope="module")
def golden(model: Path) -> dict[str, Any]:
    value: dict[str, Any] = json.loads((model / "bundle/golden.json").read_bytes())
    return value


@pytest.fixture(scope="module")
def consumer(shop: Shop, model: Path, tmp_path_factory: pytest.TempPathFactory) -> Consumer:
    folder = tmp_path_factory.mktemp("consumer")
    requirements = (model / "requirements.txt").read_text()
    return make_consumer(folder / "venv", requirements, MLFLOW_TRACKING_URI=shop.uri)


def test_nothing_of_this_package_is_there(consumer: Consumer, tmp_path: Path) -> None:
    done = consumer.run("python", "-c", "import mlflow, mlops", folder=tmp_path)
    assert done.stderr.splitlines()[-1] == "ModuleNotFoundError: No module named 'mlops'"


def test_it_predicts_what_the_bundle_does(consumer: Consumer, golden: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "rows.json").write_text(json.dumps(golden["rows"]))
    done = consumer.run("python", "-c", block("load"), folder=tmp_path)
    assert done.returncode == 0, done.stderr
    np.testing.assert_array_equal(
        np.array(json.loads(done.stdout), dtype=np.float32), np.array(golden["scores"], dtype=np.float32)
    )


def test_the_rows_that_it_shows_are_golden(consumer: Consumer, golden: dict[str, Any], tmp_path: Path) -> None:
    done = consumer.run("python", "-c", block("example"), folder=tmp_path)
    assert done.returncode == 0, done.stderr
    np.testing.assert_array_equal(
        np.array(json.loads(done.stdout), dtype=np.float32), np.array(golden["scores"][:5], dtype=np.float32)
    )


def test_it_says_what_to_install(consumer: Consumer, model: Path, tmp_path: Path) -> None:
    done = consumer.run("python", "-c", block("requirements"), folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()).read_bytes() == (model / "requirements.txt").read_bytes()


def test_whoever_knows_the_digest_can_ask_for_it(consumer: Consumer, shop: Shop, tmp_path: Path) -> None:
    typed = block("digest")
    (asked,) = re.findall(r"sha256:\S+?(?=\")", typed)
    done = consumer.run("python", "-c", typed.replace(asked, shop.second), folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, ""), done
    done = consumer.run("python", "-c", typed.replace(asked, shop.first), folder=tmp_path)
    assert done.returncode == 1
    assert done.stderr.rstrip().endswith(f"is {shop.second} but must be {shop.first}")


def test_it_is_served(consumer: Consumer, golden: dict[str, Any], tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    serve, ask = block("serve").replace("5001", port).splitlines()
    url = re.findall(r"http://\S+", ask)[0]
    with (tmp_path / "log").open("w") as log:
        options = {"cwd": tmp_path, "env": consumer.environment, "stdout": log, "stderr": log}
        with started(consumer.command(*shlex.split(serve)), **options) as server:
            wait_until(lambda: server.poll() is not None or _answers(f"{url.rsplit('/', 1)[0]}/ping"))
            assert server.poll() is None, (tmp_path / "log").read_text()
            answer = httpx.post(url, json={"dataframe_records": golden["rows"]}, timeout=CEILING)
    predictions = answer.json()["predictions"]
    np.testing.assert_array_equal(np.array(predictions, dtype=np.float32), np.array(golden["scores"], dtype=np.float32))


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=CEILING).status_code == 200
    except httpx.TransportError:
        return False


def test_a_dockerfile_is_written(consumer: Consumer, model: Path, tmp_path: Path) -> None:
    done = consumer.run(*shlex.split(block("dockerfile")), folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "COPY model_dir" in (tmp_path / "image/Dockerfile").read_text()
    for name in (*published.files(), "MLmodel", "bundle/manifest.json"):
        assert (tmp_path / "image/model_dir" / name).read_bytes() == (model / name).read_bytes(), name


def _swapped(model: Path) -> None:
    shutil.rmtree(model / "bundle")
    make_bundle(model / "bundle", seed=3)


SPOILT: dict[str, tuple[Callable[[Path], object], str]] = {
    "scaler": (lambda model: flip(model / "bundle/transform.json"), "transform.json has other bytes"),
    "model": (lambda model: flip(model / "bundle/model.onnx"), "model.onnx has other bytes"),
    "manifest": (lambda model: flip(model / "bundle/manifest.json", 0), "manifest.json is not a manifest"),
    "extra": (lambda model: (model / "bundle/evil.py").write_text("x"), "'evil.py' is not in the manifest"),
    "missing": (lambda model: (model / "bundle/profile.json").unlink(), "profile.json is missing"),
    "sealed anew": (_swapped, "but must be sha256:"),
}


def test_other_bytes_are_refused(consumer: Consumer, model: Path, tmp_path: Path) -> None:
    for name, (spoil, _) in SPOILT.items():
        spoil(shutil.copytree(model, tmp_path / name))
    shutil.copytree(model, tmp_path / "whole")
    places = [str(tmp_path / name) for name in (*SPOILT, "whole")]
    done = consumer.run("python", "-c", LOAD_ALL, *places, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    *said, whole = json.loads(done.stdout).values()
    assert whole == "loaded"
    for text, (name, (_, sentence)) in zip(said, SPOILT.items(), strict=True):
        assert text.startswith(f"{LOADER}.errors.IntegrityError: "), (name, text)
        assert sentence in text, (name, text)


def test_a_loader_of_others_is_told_by_who_compares(shop: Shop, model: Path) -> None:
    with flipped(model / f"code/{LOADER}/transform.py"):
        assert run(["show", "--bytes"]) == 5
        assert run(["reconcile", "--env", "prod"]) == 5
    assert run(["reconcile", "--env", "prod"]) == 0
