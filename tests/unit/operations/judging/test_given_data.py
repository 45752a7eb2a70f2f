"""Data is brought by its digests and laid out inside its pipeline's folder, whatever a list in the remote says."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from mlops.errors import ConfigurationError, IntegrityError
from mlops.operations.dvc import objects
from mlops.operations.judging.given_data import fetch_data
from tests.builders.repositories import commit, git


class Remote(dict[str, bytes]):
    """Objects by their names."""

    def keep(self, data: bytes, kind: str = "") -> str:
        name = hashlib.md5(data, usedforsecurity=False).hexdigest() + kind
        self[name] = data
        return name

    def folder(self, files: dict[str, bytes]) -> str:
        listed = [{"md5": self.keep(data), "relpath": path} for path, data in files.items()]
        return self.keep(json.dumps(listed).encode(), ".dir")

    def bring(self, digest: str, place: Path) -> bool:
        if digest in self:
            place.write_bytes(self[digest])
        return digest in self


@pytest.fixture
def change(tmp_path: Path) -> Path:
    change = tmp_path / "judge" / "change"
    (change / "pipelines/churn/data").mkdir(parents=True)
    git(change, "init", "-q")
    (tmp_path / "judge/program.py").write_text("judges")
    return change


def track(change: Path, text: str, file: str = "pipelines/churn/data/table.dvc") -> None:
    (change / file).write_text(text)
    commit(change)


def outs(digest: str, path: str = "table") -> str:
    return f"outs:\n- md5: {digest}\n  path: {path}\n"


def fetch(change: Path, remote: Remote) -> tuple[str, ...]:
    return fetch_data(change.parent, change, ("churn",), remote.bring)


def test_files_and_folders_are_laid_out_beside_what_names_them(change: Path) -> None:
    remote = Remote()
    track(change, outs(remote.folder({"a.csv": b"1", "more/b.csv": b"2"})))
    track(change, outs(remote.keep(b"3"), "one.csv"), "pipelines/churn/data/one.csv.dvc")
    assert fetch(change, remote) == ()
    data = change / "pipelines/churn/data"
    assert [(data / path).read_bytes() for path in ("table/a.csv", "table/more/b.csv", "one.csv")] == [b"1", b"2", b"3"]
    (data / "one.csv").write_bytes(b"another's")
    assert fetch(change, remote) == ()
    assert (data / "one.csv").read_bytes() == b"3"


def test_what_the_remote_lacks_or_has_otherwise_is_named(change: Path) -> None:
    remote = Remote()
    track(change, outs(remote.keep(b"good")))
    remote.update(dict.fromkeys(remote, b"bad"))
    assert fetch(change, remote) == ("pipelines/churn/data/table",)
    assert not (change / "pipelines/churn/data/table").exists()
    assert fetch(change, Remote()) == ("pipelines/churn/data/table",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("wdir: ../..\n" + outs("a" * 32), "works in another folder: wdir: ../.."),
        (outs("a" * 32, "../../../../program.py"), ": the path '../../../../program.py' leaves its folder, or has an"),
        (outs("a" * 32, "/etc/passwd"), ": the path '/etc/passwd' is not relative to its folder"),
        (outs("a" * 32, ".git/config"), ": the path '.git/config' lies in a folder of Git, GitHub or DVC"),
        (outs("a" * 32, "link/x"), ": the path 'link/x' leads out of pipelines/churn"),
        (outs("aa/../../../x"), ": 'aa/../../../x' is no name that DVC gives"),
        ("outs: 7\n", " is no file of DVC's"),
        ("[]\n", " is no file of DVC's"),
    ],
)
def test_a_file_of_dvcs_that_leads_out_is_refused(change: Path, text: str, said: str) -> None:
    (change / "pipelines/churn/data/link").symlink_to("../../..")
    track(change, text)
    with pytest.raises(ConfigurationError) as caught:
        fetch(change, Remote())
    assert caught.value.message.startswith("pipelines/churn/data/table.dvc")
    assert said in caught.value.message
    assert caught.value.hint == "`dvc add` the data again, inside pipelines/churn"


def test_a_list_in_the_remote_that_names_a_file_elsewhere_is_refused(
    change: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remote, program = Remote(), change.parent / "program.py"
    track(change, outs(remote.folder({"a.csv": b"1", "../../../../../program.py": b"says yes"})))
    with pytest.raises(IntegrityError) as caught:
        fetch(change, remote)
    assert caught.value.message == (
        "pipelines/churn/data/table: the remote lists a file '../../../../../program.py', which is none of the folder's"
    )
    assert program.read_text() == "judges"
    monkeypatch.setattr(objects, "trouble", lambda path: None)
    monkeypatch.setattr(objects.tempfile, "TemporaryDirectory", lambda **_: _At(change / "pipelines/churn/data"))
    fetch(change, remote)
    assert program.read_text() == "says yes", "as `dvc pull` would have written it"


class _At:
    """A folder at a known place, so that the way out of it is known too."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def __enter__(self) -> str:
        return str(self.place)

    def __exit__(self, *_: object) -> None:
        return
