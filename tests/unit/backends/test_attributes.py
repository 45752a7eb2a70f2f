"""What Git does with an entry of a ledger: it hands out the very bytes, and writes nothing into them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from mlops.backends.attributes import render
from mlops.operations.starting.contents import contents
from mlops.operations.starting.settings import Settings
from mlops.plan.pipeline import Plan
from tests.builders.repositories import commit, git
from tests.conftest import ROOT

pytestmark = pytest.mark.slow
ENTRY = "pipelines/churn/ledger/model/0.json"
INIT = {".gitattributes": contents(Settings("shop"), "")[".gitattributes"]}
HERE = {".gitattributes": (ROOT / ".gitattributes").read_text()}
OLD = {".gitattributes": "* text=auto eol=lf\n"}
COMPILED = render(Plan("shop", ()))


def begun(folder: Path, attributes: dict[str, str]) -> Path:
    """Make a repository with these attributes and an entry."""
    for path, text in {**attributes, ENTRY: '{\r\n "kind": "verdict"\n}\n'}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(text.encode())
    git(folder, "init", "-q", "-b", "main")
    commit(folder, "Begin")
    return folder


def met(root: Path) -> bytes:
    """Write one name with two contents on two branches, merge them, and give what lies there."""
    for branch, kind in (("one", "waiver"), ("other", "release")):
        git(root, "switch", "-q", "-c", branch, "main")
        (root / ENTRY).write_bytes(f'{{\n "kind": "{kind}"\n}}\n'.encode())
        commit(root, branch)
    merge = ("git", "-c", "user.name=t", "-c", "user.email=t@example.org", "merge", "-q", "one")
    assert subprocess.run(merge, cwd=root, check=False, capture_output=True).returncode == 1
    assert git(root, "diff", "--name-only", "--diff-filter=U").split() == [ENTRY]
    return (root / ENTRY).read_bytes()


@pytest.mark.parametrize("attributes", [INIT, HERE], ids=["of init", "of this repository"])
def test_no_line_end_is_converted_and_no_conflict_marked_inside(attributes: dict[str, str], tmp_path: Path) -> None:
    root = begun(tmp_path / "shop", attributes | COMPILED)
    git(tmp_path, "-c", "core.autocrlf=true", "clone", "-q", "shop", "clone")
    assert (tmp_path / "clone" / ENTRY).read_bytes() == (root / ENTRY).read_bytes() == b'{\r\n "kind": "verdict"\n}\n'
    assert met(root) == b'{\n "kind": "release"\n}\n'


def test_without_what_is_compiled_git_writes_into_it(tmp_path: Path) -> None:
    root = begun(tmp_path / "shop", OLD)
    git(tmp_path, "clone", "-q", "shop", "clone")
    assert b"\r" not in (tmp_path / "clone" / ENTRY).read_bytes()
    assert b"<<<<<<<" in met(root)
