"""A person's machine, or a job's, on which nothing of this repository is in reach but the wheel made from it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.builders.repositories import git
from tests.conftest import ROOT

_OWN = ("mlops", "__editable__")
_PYTHON = f"""\
#!/bin/sh
# `python`, but for what an environment begins with: here everything but the product is installed already. A job begins
# with the environment that an earlier job installed from the same lock, as one that caches it would; a person does not.
if [ "$1 $2 $3" = "-P -m venv" ]; then shift; fi
if [ "$1" = -m ] && [ "$2" = venv ]; then
  if [ -n "$GITHUB_ACTIONS" ] && [ -f requirements.txt ]; then
    made={{folder}}/made-$(sha256sum requirements.txt | cut -d " " -f 1)
    if [ -x "$made/bin/mlops" ]; then
      first=$(readlink "$made") && cp -al "$first" "$3" && sed -i "1s|$first|$PWD/$3|" "$3"/bin/mlops
      exit
    fi
    ln -sfn "$PWD/$3" "$made"
  fi
  {sys.executable} -m venv --without-pip "$3" && cp {{folder}}/shared.pth "$3"/lib/python3.*/site-packages/ &&
  cp {{folder}}/pip.conf "$3"/ && cp {{folder}}/pip {{folder}}/dvc "$3"/bin/
else
  exec {sys.executable} "$@"
fi
"""
_DVC = '#!/bin/sh\nexec "$(dirname "$0")/python" -m dvc "$@"\n'
_PIP = '#!/bin/sh\nexec "$(dirname "$0")/python" -m pip --disable-pip-version-check "$@"\n'


def build_wheel(folder: Path) -> Path:
    """Build the wheel of this working tree, from what Git would hand out of it."""
    source = folder / "source"
    listed = git(ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "mlops").split("\0")
    for name in (*filter(None, listed), "pyproject.toml", "README.md", "LICENSE"):
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, source / name)
    options = ["--no-deps", "--no-index", "--no-build-isolation", "--quiet", "--wheel-dir", str(folder / "index")]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": "1767225600"}
    command = [sys.executable, "-m", "pip", "wheel", *options, str(source)]
    subprocess.run(command, check=True, env=environment, capture_output=True)
    (made,) = (folder / "index").glob("*.whl")
    return made


def make_tools(folder: Path, index: Path) -> Path:
    """Write `python` and `pip` that make environments with this one's packages and take the product from `index`."""
    shared = folder / "shared"
    shared.mkdir(parents=True)
    for place in (path for path in map(Path, sys.path) if path.name in ("site-packages", "dist-packages")):
        for entry in place.iterdir():
            mine = entry.name.startswith(_OWN) or entry.suffix == ".pth"
            if not mine and not (shared / entry.name).exists():
                (shared / entry.name).symlink_to(entry)
    texts = {
        "shared.pth": f"{shared}\n",
        "pip.conf": f"[global]\nno-index = true\nfind-links = {index}\n",
        "pip": _PIP,
        "dvc": _DVC,
        "bin/python": _PYTHON.format(folder=folder),
    }
    for name, text in texts.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    (folder / "bin" / "python3").symlink_to("python")
    return folder / "bin"


@dataclass
class Desk:
    """A person with a folder, a home, and what they have typed."""

    folder: Path
    tools: Path
    here: Path

    @classmethod
    def of(cls, folder: Path, tools: Path, person: str) -> Desk:
        """Give a person an empty folder, and a Git that knows them."""
        (folder / "home").mkdir(parents=True)
        config = f"[user]\n\tname = {person}\n\temail = {person}@shop.example\n[init]\n\tdefaultBranch = main\n"
        (folder / "home" / ".gitconfig").write_text(config)
        return cls(folder, tools, folder)

    def try_(self, line: str) -> subprocess.CompletedProcess[str]:
        """Type a line of shell; a `cd` and an activated environment last."""
        state = self.folder / "home" / "path"
        path = state.read_text().strip() if state.exists() else f"{self.tools}:{os.defpath}"
        script = f'{line}\ncode=$?\npwd > "$HOME/here"; echo "$PATH" > "$HOME/path"; exit $code\n'
        environment = {"HOME": str(self.folder / "home"), "PATH": path, "LANG": "C.UTF-8"}
        command = ["bash", "-c", script]
        done = subprocess.run(
            command,
            cwd=self.here,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        self.here = Path((self.folder / "home" / "here").read_text().strip())
        return done

    def type(self, line: str) -> str:
        """Type a line that works, and read what it prints."""
        done = self.try_(line)
        assert done.returncode == 0, f"$ {line}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr
