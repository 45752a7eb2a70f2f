"""Pull requests that mean it ill: each folder is one, with what it must end in, and the guard that it ends at.

`pull_requests/<name>/attack.yaml` says what is tried and holds:

- `edit`: a list of [file, text, other text]; `remove`: files; `link`: a list of [path, target]. Files in `files/` are
  written over those of the base.
- `beside: true`: the pull request lies in `change/`, committed, beside the base that judges it.
- `compile: true` compiles as its author would; `run: MODEL` leaves what a run of such a model leaves;
  `lock: true` lets the lock say what lies there, which is how a lock is forged; `enter: true` enters what is decided.
- `verb`: what the workflow calls; `{base}` stands for the commit before, `{evidence}` for what the
  jobs left, `outside/evidence/`, and `{needs}` for what they told, `outside/needs.json`.
- `ends`: the exit code, and `says`: a text that is printed.
- `guard`: the name that is taken out, and `becomes`: what stands there instead, a name of `INSTEAD` or a value.

With the guard each ends as it says; without, the same verb ends with 0 and does not say it: the test can fail.
Another part of the program adds a folder, and nothing else.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from mlops.cli.main import run
from mlops.operations.auditing.enter import enter
from mlops.operations.judging import recompute
from tests.builders.believed import believing
from tests.builders.repositories import edit, git
from tests.hostile import repository

HERE = Path(__file__).parent / "pull_requests"
CASES = sorted(path.name for path in HERE.iterdir())


@contextmanager
def _code_of_the_change(root: Path, *_: Any) -> Iterator[Path]:
    yield root


INSTEAD: dict[str, Any] = {
    "nothing": lambda *_, **__: (),
    "nothing of any": lambda *_, **__: {},
    "none": lambda *_, **__: None,
    "no names": lambda *_, **__: frozenset(),
    "as it came": lambda first, *_, **__: first,
    "code of the change": _code_of_the_change,
    "any text": re.compile(".*"),
}
"""What may stand in a guard's place: each lets through whatever comes."""


@dataclass(frozen=True)
class Attack:
    """A pull request as it lies in its folder."""

    folder: Path
    said: dict[str, Any]

    @classmethod
    def read(cls, name: str) -> Attack:
        """Read one; what it says is checked here, so that a slip is no pass."""
        said = yaml.safe_load((HERE / name / "attack.yaml").read_text())
        assert set(said) <= {
            *("tries", "edit", "remove", "write", "link", "compile", "run", "lock", "enter", "beside"),
            *("verb", "ends", "says", "guard", "becomes"),
        }, name
        assert {"tries", "verb", "ends", "says", "guard", "becomes"} <= set(said), name
        return cls(HERE / name, said)

    def propose(self, root: Path) -> None:
        """Leave the work tree as a job finds it that checked the pull request out, or the base with it beside."""
        if self.said.get("beside"):
            change = shutil.copytree(root, root.parent / "change", symlinks=True)
            self._lay_out(change)
            shutil.rmtree(change / ".mlops", ignore_errors=True)
            git(change, "add", "--all", "--force")
            git(change, "commit", "-q", "--allow-empty", "-m", "change")
            change.rename(root / "change")
            return
        self._lay_out(root)

    def _lay_out(self, root: Path) -> None:
        if (self.folder / "files").is_dir():
            shutil.copytree(self.folder / "files", root, dirs_exist_ok=True)
        for file, before, after in self.said.get("edit", ()):
            edit(root, file, before, after)
        for file in self.said.get("remove", ()):
            (root / file).unlink()
        for path, text in self.said.get("write", ()):  # what .gitignore keeps out of a folder of files
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        for path, target in self.said.get("link", ()):
            (root / path).symlink_to(target)
        if "run" in self.said:
            repository.ran(root, self.said["run"])
        elif self.said.get("compile"):
            assert run(["compile"]) == 0
        if self.said.get("lock"):
            repository.lock(root)
        if self.said.get("enter"):
            enter(root, repository.NAME)

    def words(self, base: str) -> list[str]:
        """Spell the verb."""
        needs = self.folder / "outside/needs.json"
        known = {"base": base, "evidence": str(self.folder / "outside/evidence")}
        known["needs"] = needs.read_text().strip() if needs.is_file() else ""
        return [known.get(word[1:-1], word) if word[:1] == "{" else word for word in self.said["verb"]]


@pytest.fixture(autouse=True)
def _believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the runs of these models be believed, which nobody made; `test_recompute` is of those who forge a run."""
    monkeypatch.setattr(recompute, "recomputed", believing)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    root = tmp_path_factory.mktemp("base") / "shop"
    root.mkdir()
    return root, repository.prepare(root)


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_ends_at_its_guard_and_succeeds_without(
    name: str,
    base: tuple[Path, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    attack = Attack.read(name)
    root = shutil.copytree(base[0], tmp_path / "shop", symlinks=True)
    monkeypatch.chdir(root)
    attack.propose(root)
    words = attack.words(base[1])
    capsys.readouterr()

    code, shown = run(words), "".join(capsys.readouterr())
    assert (code, attack.said["says"] in shown) == (attack.said["ends"], True), shown
    assert "Traceback" not in shown

    becomes = attack.said["becomes"]
    monkeypatch.setattr(attack.said["guard"], INSTEAD.get(becomes, becomes))
    code, shown = run(words), "".join(capsys.readouterr())
    assert (code, attack.said["says"] in shown) == (0, False), (
        f"it ends as well without {attack.said['guard']}:\n{shown}"
    )
