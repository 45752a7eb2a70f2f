"""A change is put beside its judge as data: nothing of it steers, and nothing leads out of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops.errors import ConfigurationError, InfrastructureError
from mlops.operations.reviewing import beside
from mlops.operations.reviewing.beside import put_beside
from tests.builders.repositories import commit, git

pytestmark = pytest.mark.slow


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A repository that judges, with a setting of DVC's, and the checkout of a change in `change/`."""
    home = tmp_path / "work"
    for root, url in ((home, "ours"), (home / "change", "theirs")):
        (root / ".dvc").mkdir(parents=True)
        git(root, "init", "-q")
        (root / ".dvc/config").write_text(url)
        (root / ".gitignore").write_text("/change\n")
        (root / "code.py").write_text("")
        commit(root)
    return home


def test_the_remote_of_the_change_gives_way_to_that_of_the_judge(home: Path) -> None:
    change = home / "change"
    for name in (".dvc/tmp/x", ".dvc/config.local", ".mlops/cache/x", ".venv/bin/mlops"):
        (change / name).parent.mkdir(parents=True, exist_ok=True)
        (change / name).write_text("theirs")
    put_beside(home, change)
    assert sorted(path.name for path in change.iterdir()) == [".dvc", ".git", ".gitignore", "code.py"]
    assert [(path.name, path.read_text()) for path in (change / ".dvc").iterdir()] == [("config", "ours")]


def test_a_link_in_the_place_of_dvcs_settings_is_not_followed(home: Path) -> None:
    change = home / "change"
    git(change, "rm", "-q", "-r", ".dvc")
    (change / ".dvc").symlink_to("code")
    (change / "code").mkdir()
    git(change, "add", ".dvc", "-f")
    with pytest.raises(ConfigurationError):  # it is tracked: nothing is touched
        (change / "code/out").symlink_to(home)
        git(change, "add", "-f", "code/out")
        put_beside(home, change)
    git(change, "rm", "-q", "--cached", "code/out")
    put_beside(home, change)
    assert not (change / ".dvc").is_symlink()
    assert (change / ".dvc/config").read_text() == "ours"


@pytest.mark.parametrize(
    ("path", "target", "said"),
    [
        (".venv/bin/mlops", None, ".venv/bin/mlops comes with the change: what is in .venv is made where it is used"),
        (".mlops", None, ".mlops comes with the change: what is in .mlops is made where it is used"),
        ("conf", "/etc", "'conf' leads out of the change"),
        ("data/up", "../../code.py", "'data/up' leads out of the change"),
        ("data", ".git", "'data' leads into .git"),
        ("data", ".dvc/config", "'data' leads into .dvc"),
        ("data", "data", "'data' leads out of the change"),
    ],
)
def test_what_steers_or_leads_out_is_refused_and_nothing_is_touched(
    home: Path, path: str, target: str | None, said: str
) -> None:
    place = home / "change" / path
    place.parent.mkdir(parents=True, exist_ok=True)
    if target is None:
        place.write_text("theirs")
    else:
        place.symlink_to(target)
    git(home / "change", "add", "-f", path)
    with pytest.raises(ConfigurationError) as caught:
        put_beside(home, home / "change")
    assert (caught.value.message, caught.value.hint) == (said, "git rm --cached them, and commit that")
    assert (home / "change/.dvc/config").read_text() == "theirs"


def test_a_link_inside_the_change_stays(home: Path) -> None:
    (home / "change/same.py").symlink_to("code.py")
    git(home / "change", "add", "same.py")
    put_beside(home, home / "change")
    assert (home / "change/same.py").is_symlink()


@pytest.mark.parametrize("change", [".", "code.py", "nothing", "link"])
def test_what_is_no_checkout_of_its_own_is_refused(home: Path, change: str) -> None:
    (home / "link").symlink_to("change")
    with pytest.raises(InfrastructureError, match="is no checkout of a change"):
        put_beside(home, home / change)


def test_without_its_guard_the_settings_of_the_change_steer(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "_REPLACED", (".mlops",))
    monkeypatch.setattr(beside, "_tracked", lambda root, folder: ())
    monkeypatch.setattr(beside, "write_bytes", lambda *_: None)
    put_beside(home, home / "change")
    assert (home / "change/.dvc/config").read_text() == "theirs"
