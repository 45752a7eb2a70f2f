"""What `mlops init` writes, what it says, and that it writes all of it or nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import mlops.cli.main as cli
from mlops.operations.compiling.compile import check_files
from mlops.operations.language.schema import check_files as check_schemas
from mlops.operations.starting.contents import contents
from mlops.operations.starting.lock import shipped
from mlops.operations.starting.pin import parse
from mlops.operations.starting.settings import Settings
from mlops.operations.validate import validate
from mlops.operations.workspace import open_workspace
from tests.builders.repositories import commit, git
from tests.builders.zipped_wheels import NAME

pytestmark = pytest.mark.slow

DVC = "[core]\n    analytics = false\n"
WRITTEN = [
    ".dvc/.gitignore",
    ".dvc/config",
    ".dvcignore",
    ".gitattributes",
    ".github/CODEOWNERS",
    ".github/dependabot.yml",
    ".github/workflows/.gitattributes",
    ".github/workflows/mlops-pr.yml",
    ".gitignore",
    ".pre-commit-config.yaml",
    "README.md",
    "conf/README.md",
    "conf/policy.yaml",
    "conf/project.yaml",
    "dvc.yaml",
    "pipelines/.gitattributes",
    "pipelines/.gitignore",
    "requirements.txt",
    f"vendor/{NAME}",
]


def begin(folder: Path, wheel: Path, *options: str) -> int:
    return cli.run(["init", str(folder), "--from", str(wheel), *options])


def test_a_repository_that_holds_by_its_own_rules(
    tmp_path: Path, wheel: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "My Shop"
    assert begin(root, wheel, "--owner", "@growth") == 0
    shown = capsys.readouterr()
    assert [line for line in shown.out.splitlines() if "/.schema/" not in line] == WRITTEN
    assert f"undo: rm -r '{root}'\n" in shown.err
    assert "placeholder" not in shown.err
    assert not (root / ".mlops").exists()
    assert not (root / ".mlops-init").exists()
    workspace = open_workspace(root)
    assert workspace.project.name == "my-shop"
    assert workspace.policy.owners == ("@growth",)
    assert check_files(workspace) == ()
    assert check_schemas(root) == ()
    pin = parse((root / "requirements.txt").read_text()).pin
    assert pin.file == f"vendor/{NAME}"
    assert (root / pin.file).read_bytes() == wheel.read_bytes()
    assert git(root, "symbolic-ref", "HEAD").strip() == "refs/heads/main"


def test_a_dry_run_lists_the_same_and_writes_nothing(
    tmp_path: Path, wheel: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert begin(tmp_path / "shop", wheel, "--dry-run") == 0
    dry = capsys.readouterr()
    assert list(tmp_path.iterdir()) == []
    assert begin(tmp_path / "shop", wheel) == 0
    assert dry.out == capsys.readouterr().out
    assert dry.err == f"{len(dry.out.splitlines())} files would be written\n"


def test_the_same_question_gives_the_same_bytes(tmp_path: Path, wheel: Path) -> None:
    for name in ("a", "b"):
        assert begin(tmp_path / name, wheel, "--name", "shop") == 0
        commit(tmp_path / name)
    assert git(tmp_path / "a", "rev-parse", "HEAD^{tree}") == git(tmp_path / "b", "rev-parse", "HEAD^{tree}")


def test_an_empty_clone_keeps_its_git_and_is_undone_by_name(
    tmp_path: Path, wheel: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    git(tmp_path, "init", "-q", "-b", "trunk")
    git(tmp_path, "remote", "add", "origin", "elsewhere")
    assert begin(tmp_path, wheel, "--name", "shop") == 0
    assert git(tmp_path, "remote").strip() == "origin"
    (undo,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("undo: ")]
    subprocess.run(["sh", "-c", undo.removeprefix("undo: ")], check=True)
    assert [path.name for path in tmp_path.iterdir()] == [".git"]


@pytest.mark.parametrize(
    ("options", "dvc", "project"),
    [
        ((), DVC, {"name": "shop"}),
        (("--ci", "none"), DVC, {"name": "shop", "ci": {"kind": "none"}}),
        (
            ("--remote", "s3://bucket/shop", "--tracking", "https://mlflow.shop.example"),
            DVC + "    remote = storage\n['remote \"storage\"']\n    url = s3://bucket/shop\n    verify = true\n",
            {
                "name": "shop",
                "tracking": {"uri": "https://mlflow.shop.example"},
                "environments": {"staging": {"propose": True}, "prod": {}},
            },
        ),
    ],
    ids=["alone", "without CI", "with a remote and a server"],
)
def test_what_is_asked_for_is_written(
    options: tuple[str, ...], dvc: str, project: dict[str, object], tmp_path: Path, wheel: Path
) -> None:
    assert begin(tmp_path / "shop", wheel, *options) == 0
    assert (tmp_path / "shop/.dvc/config").read_text() == dvc
    assert yaml.safe_load((tmp_path / "shop/conf/project.yaml").read_text()) == project
    found = {path.name for path in (tmp_path / "shop/.github/workflows").glob("*.yml")}
    names = ("main", "release", "rollback", "settings")
    more = {f"mlops-{name}.yml" for name in names} if "environments" in project else set()
    assert found == (set() if "ci" in project else {"mlops-pr.yml"} | more)
    assert (tmp_path / "shop/.github").exists() == ("ci" not in project)


@pytest.mark.parametrize(
    ("remote", "plugin"), [("s3://bucket/x", "dvc-s3"), ("gs://bucket/x", "dvc-gs"), ("ssh://me.example/x", "dvc-ssh")]
)
def test_the_lock_holds_what_the_remote_needs(
    remote: str, plugin: str, tmp_path: Path, wheel: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert begin(tmp_path / "shop", wheel, "--remote", remote) == 0
    assert "DVC" not in capsys.readouterr().err
    found = parse((tmp_path / "shop/requirements.txt").read_text())
    store = remote.partition("://")[0]
    assert plugin in found.versions()
    assert found.lock == shipped(stores=(store,))
    assert validate(tmp_path / "shop") == ((), "")


def test_a_remote_that_no_lock_serves_is_told(tmp_path: Path, wheel: Path, capsys: pytest.CaptureFixture[str]) -> None:
    note = "note: DVC needs a plugin for gdrive://, which no lock of mlops holds; s3, gs, azure, ssh have one\n"
    assert begin(tmp_path / "shop", wheel, "--remote", "gdrive://folder/x") == 0
    assert note in capsys.readouterr().err
    assert begin(tmp_path / "web", wheel, "--remote", "https://store.example/x") == 0
    assert "DVC" not in capsys.readouterr().err


def test_dvc_finds_what_its_own_init_would_have_made(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    subprocess.run([sys.executable, "-m", "dvc", "init", "--quiet"], cwd=tmp_path, check=True)
    assert (tmp_path / ".dvc/.gitignore").read_text() == contents(Settings("shop"), "")[".dvc/.gitignore"]


def test_git_hands_out_the_bytes_that_dvc_hashes(tmp_path: Path) -> None:
    """Also to whoever has told Git to convert line ends, and from folders that a source names."""
    for path, text in contents(Settings("shop"), "").items():
        (tmp_path / "shop" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "shop" / path).write_text(text)
    data = {"pipelines/churn/data/a.csv": b"a,b\r\n1,2\r\n", "pipelines/churn/parts/b.json": b"{}\r\n{}\n"}
    for path, content in data.items():
        (tmp_path / "shop" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "shop" / path).write_bytes(content)
    commit(tmp_path / "shop")
    git(tmp_path, "-c", "core.autocrlf=true", "clone", "-q", "shop", "clone")
    assert {path: (tmp_path / "clone" / path).read_bytes() for path in data} == data


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            ("--name", "Shop!"),
            "'Shop!' cannot name a repository\n"
            "hint: give --name: small letters, digits, `-` and `_`, at most 64, the first a letter or a digit\n",
        ),
        (
            ("--owner", "growth"),
            "'growth' cannot own anything\nhint: --owner is a user or a team: @someone or @organisation/team\n",
        ),
        (
            ("--remote", "https://me:hunter2@store.example/x"),
            "--remote: an address with a user or a password in it would be committed\n"
            "hint: leave it out; credentials come from the environment, or from .dvc/config.local\n",
        ),
        (
            ("--tracking", "mlruns"),
            "--tracking mlruns: not a place that MLflow records in\n"
            "hint: an MLflow server, as https://HOST, or an SQLite file, as sqlite:///.mlops/mlflow.db\n",
        ),
        (("--remote", "a\nb"), "--remote 'a\\nb' is no address and no path\nhint: write it as one word\n"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_written(
    options: tuple[str, ...], said: str, tmp_path: Path, wheel: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert begin(tmp_path / "shop", wheel, *options) == 4
    assert capsys.readouterr().err == said
    assert list(tmp_path.iterdir()) == []


def test_a_folder_whose_name_is_none_asks_for_one(
    tmp_path: Path, wheel: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert begin(tmp_path / "日本", wheel) == 4
    assert capsys.readouterr().err.startswith(
        "the folder's name, '日本', cannot name a repository\nhint: give --name: "
    )


def test_a_second_init_is_refused_and_changes_nothing(
    tmp_path: Path, wheel: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert begin(tmp_path / "shop", wheel) == 0
    commit(tmp_path / "shop")
    capsys.readouterr()
    assert begin(tmp_path / "shop", wheel) == 4
    assert capsys.readouterr().err == (
        f"{tmp_path / 'shop'} is in use: .dvc/, .dvcignore, .gitattributes, .github/, .gitignore and 7 more\n"
        "hint: it is a repository already: change what its conf/ says, or name another folder\n"
    )
    assert git(tmp_path / "shop", "status", "--porcelain") == ""


@pytest.mark.parametrize(
    ("options", "cause", "hint"),
    [
        ("size=300k", "no space left on device", "make room on the disk"),
        ("ro", "read-only file system", "name a folder that you may write to"),
    ],
)
def test_a_disk_that_takes_nothing_is_told(options: str, cause: str, hint: str, tmp_path: Path, wheel: Path) -> None:
    """On a file system of its own, which only root of a machine can make."""
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody mount a file system")
    script = (
        'mount -t tmpfs -o "$1" none "$2" && "$4" -m mlops init "$2/shop" --from "$3"; code=$?; ls -A "$2"; exit $code'
    )
    arguments = ["sh", "-c", script, "sh", options, str(tmp_path), str(wheel), sys.executable]
    done = subprocess.run(["unshare", "--mount", *arguments], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (6, "")
    assert done.stderr == (f"{tmp_path}/shop cannot be written: {cause}\nhint: {hint}; nothing is left of this try\n")


def test_the_hooks_call_what_there_is(tmp_path: Path) -> None:
    (repository,) = yaml.safe_load(contents(Settings("shop"), "")[".pre-commit-config.yaml"])["repos"]
    for hook in repository["hooks"]:
        assert hook["entry"].split()[1] in cli.VERBS
    assert json.dumps(repository["hooks"])
