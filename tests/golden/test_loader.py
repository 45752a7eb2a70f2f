"""The loader that travels with a model is made of `mlops.bundle`, module by module; nothing of it is written by hand.

`make golden` writes it, its digest into `mlops.release.published`, and the row of docs/mlflow.md.
"""

from __future__ import annotations

import ast
import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlops import __version__
from mlops.release import published
from mlops.release.mlmodel import PACKAGES
from tests.conftest import ROOT

FIRST = "mlops.bundle.pyfunc"
LOADER = ROOT / "mlops/release/loader"
CONSTANT, PAGE = ROOT / "mlops/release/published.py", ROOT / "docs/mlflow.md"
ROWS = {CONSTANT: '    "VERSION": "DIGEST",\n', PAGE: "| VERSION | `DIGEST` |\n"}
HEAD = "# Made of {module} by `make golden`: do not edit.\n"
OWN = {
    "__init__": '"""Opens a bundle of MLOps by pull request for MLflow, with nothing of it installed."""\n',
    "dvc_cache": (
        '"""Links: in a model of MLflow none stands for a file."""\n\n'
        "from __future__ import annotations\n\n"
        "from pathlib import Path\n\n\n"
        "def linked(_: Path) -> Path | None:\n"
        '    """Give the file that a link stands for: there is none."""\n'
        "    return None\n"
    ),
}
"""What stands for modules that a consumer has no use for."""


def source_of(module: str) -> Path:
    return ROOT / (module.replace(".", "/") + ".py")


def imports(tree: ast.Module) -> Iterator[tuple[ast.ImportFrom, list[str], bool]]:
    """Give each import of ours, the modules that it imports, and whether it is there for types alone."""
    guards = [node for node in ast.walk(tree) if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    typed = {id(node) for guard in guards for node in ast.walk(guard)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "mlops":
            inside = [f"{node.module}.{item.name}" for item in node.names]
            modules = inside if all(source_of(name).is_file() for name in inside) else [str(node.module)]
            yield node, modules, id(node) in typed
        assert not (isinstance(node, ast.Import) and any(item.name.startswith("mlops") for item in node.names))


def needed() -> list[str]:
    """Follow the imports from the loader's entry; what OWN stands for is not followed."""
    found, ahead = set(), [FIRST]
    while ahead:
        module = ahead.pop()
        if module not in found and stem(module) not in OWN:
            found.add(module)
            tree = ast.parse(source_of(module).read_text())
            ahead += [name for _, modules, typed in imports(tree) if not typed for name in modules]
    assert len({stem(module) for module in found}) == len(found), "two modules of one name"
    return sorted(found)


def stem(module: str) -> str:
    return module.rpartition(".")[2]


def copied(module: str, known: set[str]) -> str:
    """Copy a module with its imports of ours made relative; those for types alone of what is not there are left out."""
    text = source_of(module).read_text()
    lines = text.splitlines(keepends=True)
    for node, modules, typed in imports(ast.parse(text)):
        there = {stem(name) in known for name in modules}
        assert there == {True} or (typed and there == {False}), ast.unparse(node)
        first, last = node.lineno - 1, int(node.end_lineno or 0)
        parent = f"from {node.module} import"
        short = "from . import" if modules != [node.module] else f"from .{stem(modules[0])} import"
        assert parent in lines[first]
        lines[first] = lines[first].replace(parent, short)
        if there == {False}:
            lines[first:last] = [""] * (last - first)
    return HEAD.format(module=module) + "".join(lines)


def made() -> dict[str, bytes]:
    modules = needed()
    known = {*map(stem, modules), *OWN}
    texts = {stem(module): copied(module, known) for module in modules}
    return {f"{name}.py": text.encode() for name, text in (texts | OWN).items()}


def write(expected: dict[str, bytes]) -> None:
    for path in LOADER.glob("*.py"):
        path.unlink()
    LOADER.mkdir(exist_ok=True)
    for name, data in expected.items():
        (LOADER / name).write_bytes(data)
    digest = published.digest(published.contents(LOADER))
    for path, row in ROWS.items():
        path.write_text(listed(path.read_text(), row, digest))
    importlib.reload(published)


def listed(text: str, row: str, digest: str) -> str:
    """Write the row of this release in the place of what it was, or behind the last."""
    pattern = re.escape(row).replace("DIGEST", "sha256:[0-9a-f]{64}").replace("VERSION", r"([0-9][0-9a-z.]*)")
    *_, last = re.finditer(pattern, text)
    start = last.start() if last[1] == __version__ else last.end()
    return text[:start] + row.replace("VERSION", __version__).replace("DIGEST", digest) + text[last.end() :]


def test_the_copy_is_what_its_sources_say(update: bool) -> None:
    expected = made()
    if update:
        write(expected)
    assert {path.name: path.read_bytes() for path in LOADER.glob("*.py")} == expected, "run `make golden`"


def test_its_digest_is_the_published_one_here_and_on_the_page() -> None:
    assert published.PUBLISHED[__version__] == published.digest(published.contents(LOADER)), "run `make golden`"
    assert list(published.PUBLISHED)[-1] == __version__
    rows = re.findall(r"^\| ([0-9][0-9a-z.]*) \| `(sha256:[0-9a-f]{64})` \|$", PAGE.read_text(), re.M)
    assert dict(rows) == published.PUBLISHED


def test_it_imports_what_requirements_name_and_nothing_that_could_run_other_code() -> None:
    found = set()
    for path in LOADER.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and not node.level:
                found.add(str(node.module).partition(".")[0])
            elif isinstance(node, ast.Import):
                found |= {item.name.partition(".")[0] for item in node.names}
            assert not (isinstance(node, ast.Name) and node.id in {"eval", "exec", "compile", "__import__"}), path
    assert found - set(sys.stdlib_module_names) == set(PACKAGES) - {"mlflow"}
    assert found & set(sys.stdlib_module_names) == {
        *("__future__", "collections", "dataclasses", "datetime", "hashlib", "json"),
        *("math", "os", "pathlib", "re", "stat", "typing"),
    }


@pytest.mark.parametrize(("before", "after"), [(__version__, "- {new}\n"), ("0.0.9", "- 0.0.9 {old}\n- {new}\n")])
def test_a_release_has_one_row(before: str, after: str) -> None:
    old, new = "sha256:" + "0" * 64, "sha256:" + "1" * 64
    text = listed(f"- {before} {old}\n", "- VERSION DIGEST\n", new)
    assert text == after.format(old=old, new=f"{__version__} {new}")
