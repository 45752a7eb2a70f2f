"""The loader that travels with a model is one whose digest is published; `make golden` writes that.

It stands in `mlops.release.published`, and in the row of docs/mlflow.md.
"""

from __future__ import annotations

import ast
import importlib
import re
import shutil
import sys
from pathlib import Path

import pytest

from mlops import __version__
from mlops.errors import IntegrityError
from mlops.release import loader, published
from mlops.release.mlmodel import PACKAGES
from tests.conftest import ROOT

pytestmark = pytest.mark.slow

CONSTANT, PAGE = ROOT / "mlops/release/published.py", ROOT / "docs/mlflow.md"
ROWS = {CONSTANT: '    "VERSION": "DIGEST",\n', PAGE: "| VERSION | `DIGEST` |\n"}


def listed(text: str, row: str, digest: str) -> str:
    """Write the row of this release in the place of what it was, or behind the last."""
    pattern = re.escape(row).replace("DIGEST", "sha256:[0-9a-f]{64}").replace("VERSION", r"([0-9][0-9a-z.]*)")
    *_, last = re.finditer(pattern, text)
    start = last.start() if last[1] == __version__ else last.end()
    return text[:start] + row.replace("VERSION", __version__).replace("DIGEST", digest) + text[last.end() :]


def test_its_digest_is_the_published_one_here_and_on_the_page(update: bool) -> None:
    found = published.digest(published.contents())
    if update:
        for path, row in ROWS.items():
            path.write_text(listed(path.read_text(), row, found))
        importlib.reload(published)
    assert published.PUBLISHED[__version__] == found, "run `make golden`"
    assert list(published.PUBLISHED)[-1] == __version__
    rows = re.findall(r"^\| ([0-9][0-9a-z.]*) \| `(sha256:[0-9a-f]{64})` \|$", PAGE.read_text(), re.M)
    assert dict(rows) == published.PUBLISHED


@pytest.mark.parametrize(
    ("added", "said"),
    [
        ("from mlops.files.model import x\n", "two modules of the loader have one name"),
        (
            "if TYPE_CHECKING:\n    from mlops.bundle import golden, manifest\n",
            "mlops.bundle.model imports in a way that the loader has not: from mlops.bundle import golden, manifest",
        ),
    ],
)
def test_what_no_loader_can_be_made_of_is_refused(tmp_path: Path, added: str, said: str) -> None:
    for folder in ("blocks", "bundle", "expressions", "files", "pictures"):
        shutil.copytree(loader.PACKAGE / folder, tmp_path / folder)
    for name in ("diagnostics.py", "errors.py", "extras.py", "synonyms.py"):
        shutil.copy(loader.PACKAGE / name, tmp_path)
    assert loader.make(tmp_path) == loader.make()
    shutil.copy(tmp_path / "bundle/model.py", tmp_path / "files/model.py")
    with (tmp_path / "bundle/model.py").open("a") as file:
        file.write(added)
    with pytest.raises(IntegrityError) as refused:
        loader.make(tmp_path)
    assert str(refused.value) == said


def test_it_imports_what_requirements_name_and_nothing_that_could_run_other_code() -> None:
    found = set()
    for name, text in loader.make().items():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ImportFrom) and not node.level:
                found.add(str(node.module).partition(".")[0])
                looked = {item.name for item in node.names if str(node.module).startswith("importlib")}
                assert looked <= {"find_spec"}, name  # which looks for a module and imports none
            elif isinstance(node, ast.Import):
                found |= {item.name.partition(".")[0] for item in node.names}
            assert not (isinstance(node, ast.Name) and node.id in {"eval", "exec", "compile", "__import__"}), name
    pictures = {"PIL"}  # asked for where a request brings a file of one, and refused in a sentence where it is absent
    assert found - set(sys.stdlib_module_names) - pictures == set(PACKAGES) - {"mlflow"}
    assert found & set(sys.stdlib_module_names) == {
        *("__future__", "base64", "binascii", "collections", "dataclasses", "datetime", "difflib", "functools"),
        *("hashlib", "importlib", "io", "itertools", "json", "math", "operator", "os", "pathlib", "re", "stat"),
        *("typing", "unicodedata"),
    }


@pytest.mark.parametrize(("before", "after"), [(__version__, "- {new}\n"), ("0.0.9", "- 0.0.9 {old}\n- {new}\n")])
def test_a_release_has_one_row(before: str, after: str) -> None:
    old, new = "sha256:" + "0" * 64, "sha256:" + "1" * 64
    text = listed(f"- {before} {old}\n", "- VERSION DIGEST\n", new)
    assert text == after.format(old=old, new=f"{__version__} {new}")
