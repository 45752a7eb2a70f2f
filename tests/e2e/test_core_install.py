"""The wheel as others get it: its metadata and contents, and what the core does in an environment of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mlops.bundle.contents import Contents
from mlops.bundle.manifest import seal
from mlops.bundle.signature import sign
from tests.builders.bundles import make_bundle
from tests.builders.repositories import copy_own
from tests.builders.signing import private_key, write_policy
from tests.builders.wheels import build_wheel, install, install_more

pytestmark = pytest.mark.slow
LARGEST = 216  # MB on disk that a serving environment may have; orjson is .4 of them


@pytest.fixture(scope="module")
def wheel(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(repository, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def core(repository: Path, wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The commands of an environment with the core alone."""
    return install(tmp_path_factory.mktemp("core") / "venv", repository / "mlops" / "locks" / "serve.txt", wheel)


def mlops(core: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    command = [str(core / "mlops"), *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("tool", [("twine", "check", "--strict"), ("check_wheel_contents",)], ids=lambda tool: tool[0])
def test_the_wheel_is_fit_for_an_index(wheel: Path, tool: tuple[str, ...]) -> None:
    done = subprocess.run([sys.executable, "-m", *tool, str(wheel)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_locks_travel_in_the_wheel(core: Path, repository: Path) -> None:
    (shipped,) = (core.parent / "lib").glob("python3.*/site-packages/mlops/locks")
    own = repository / "mlops" / "locks"
    assert {path.name: path.read_bytes() for path in shipped.iterdir()} == {
        path.name: path.read_bytes() for path in own.iterdir()
    }


def test_the_core_is_small(core: Path) -> None:
    sizes: dict[str, int] = {}
    (packages,) = (core.parent / "lib").glob("python3.*/site-packages")
    for path in packages.rglob("*"):
        if path.is_file() and not path.is_symlink():
            top = path.relative_to(packages).parts[0]
            sizes[top] = sizes.get(top, 0) + path.stat().st_blocks * 512
    largest = sorted(sizes, key=lambda name: -sizes[name])[:6]
    total = sum(sizes.values()) / 1e6
    print(f"{total:.0f} MB: {', '.join(f'{name} {sizes[name] / 1e6:.0f}' for name in largest)}")
    assert total <= LARGEST, largest


def test_a_bundle_is_served_outside_any_repository(core: Path, tmp_path: Path) -> None:
    make_bundle(tmp_path / "bundle")
    done = mlops(core, tmp_path, "serve", "bundle", "--check")
    assert (done.returncode, done.stdout.partition(" by ")[0]) == (0, "8 golden rows answered exactly as expected"), (
        done
    )


def test_a_repository_is_validated_compiled_and_planned(core: Path, repository: Path, tmp_path: Path) -> None:
    root = copy_own(tmp_path / "repository")
    shutil.copy(repository / "constraints.txt", root)
    for verb in ("compile", "validate", "plan"):
        done = mlops(core, root, verb)
        assert done.returncode == 0, done.stderr
    own = Path(sys.executable).with_name("mlops")
    again = subprocess.run([own, "compile", "--check"], cwd=root, capture_output=True, text=True, check=False)
    assert again.returncode == 0, "the core compiles other bytes than an environment with everything"


@pytest.mark.parametrize(
    ("verb", "extra", "library"),
    [(["run", "diabetes"], "train", "dvc"), (["register"], "registry", "mlflow")],
    ids=["run", "register"],
)
def test_what_needs_an_extra_says_what_to_type(
    core: Path, tmp_path: Path, verb: list[str], extra: str, library: str
) -> None:
    done = mlops(core, copy_own(tmp_path / "repository"), *verb)
    assert (done.returncode, done.stdout, done.stderr) == (
        6,
        "",
        f"`mlops {verb[0]}` needs {library}, which is not installed: it comes with the extra `{extra}`\n"
        f'hint: pip install "mlops-by-pull-request[{extra}]"\n',
    )


def test_a_server_holds_a_bundle_to_its_signature(core: Path, repository: Path, tmp_path: Path) -> None:
    """The last test of the file: it adds to the core what verifies."""
    bundle = make_bundle(tmp_path / "bundle")
    write_policy(tmp_path / "elsewhere", unsigned="refuse")
    contents = Contents.read(bundle)
    (tmp_path / "bundle.signature.json").write_bytes(sign(contents, private_key()))
    command = ("serve", "bundle", "--policy", "elsewhere/conf/policy.yaml", "--check")
    done = mlops(core, tmp_path, *command)
    assert (done.returncode, done.stderr.splitlines()[-1]) == (6, 'hint: pip install "mlops-by-pull-request[verify]"')
    install_more(core, repository / "mlops" / "locks" / "verify.txt")
    done = mlops(core, tmp_path, *command)
    assert (done.returncode, done.stdout.partition(" by ")[0]) == (0, "8 golden rows answered exactly as expected"), (
        done
    )
    scaler = bundle / "transform.json"
    scaler.write_bytes(scaler.read_bytes().replace(b"0.", b"1.", 1))
    seal(bundle, contents.manifest.pipeline, contents.manifest.task)
    done = mlops(core, tmp_path, *command)
    assert (done.returncode, "the signature is of another bundle" in done.stderr) == (5, True), done
