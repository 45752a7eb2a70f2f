"""What a stage's result depends on in the framework: a digest of its code and the pinned libraries that code imports.

A digest covers every module a stage's file reaches through imports inside `mlops`, through code by name
(`mlops.kinds.reference`, `mlops.kinds.later`) and through the slices it looks kinds up in, as syntax trees without
docstrings, comments, type-checking imports and layout: such a change makes no stage stale, any other change to reached
code does.
"""

from __future__ import annotations

import ast
import hashlib
import pkgutil
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeGuard

from mlops.bundle.environment import LIBRARIES
from mlops.kinds.reference import REFERENCE
from mlops.operations.digests.cache import PACKAGE, digest_of, framework, keep, recall

STAGES = ("ingest", "validate", "split", "features", "train", "bundle", "evaluate", "measure", "gate", "package")

_DISTRIBUTIONS = {"sklearn": "scikit-learn", "pytorch_lightning": "pytorch-lightning", "yaml": "pyyaml"}
_WITHOUT_INFLUENCE = frozenset(
    {"click", "dvc", "mlflow", "pydantic", "pydantic-core", "pyyaml", "rich", "starlette", "uvicorn"}
)
_SLICE = "mlops.kinds.slice"
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;#]+)")


@dataclass(frozen=True)
class _Module:
    digest: str
    imports: frozenset[str]


def fingerprints(root: Path) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """Give, by stage, the digest of its code and the pinned versions of the libraries it imports."""
    pinned = pins(root)
    key = digest_of(framework().encode(), pinned)
    if (known := recall(root, "code", key)) is not None:
        return known["code"], known["libraries"]
    code, libraries = _fingerprints(_pins(pinned.decode("utf-8", "replace")))
    keep(root, "code", key, {"code": code, "libraries": libraries})
    return code, libraries


def pins(root: Path) -> bytes:
    """Read the file that says which release of each library a repository runs on; nothing where there is none."""
    for name in ("constraints.txt", "requirements.txt"):
        if (root / name).is_file():
            return (root / name).read_bytes()
    return b""


def _fingerprints(versions: Mapping[str, str]) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    code: dict[str, str] = {}
    libraries: dict[str, dict[str, str]] = {}
    for stage in STAGES:
        reached = _reached(f"mlops.stages.{stage}")
        text = "".join(f"{name} {_module(name).digest}\n" for name in reached)
        code[stage] = hashlib.sha256(text.encode()).hexdigest()[:16]
        written = LIBRARIES if stage == "bundle" else ()  # it names their versions
        libraries[stage] = _libraries(reached, versions, written)
    return code, libraries


@cache
def _reached(start: str) -> tuple[str, ...]:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name in seen or _file(name) is None:
            continue
        seen.add(name)
        waiting += [other for other in _module(name).imports if other.startswith("mlops.")]
        waiting += _declared(name)
    return tuple(sorted(seen))


def _declared(name: str) -> Iterator[str]:
    """Name the modules of a slice, which imports them by their files."""
    file = _file(name)
    if file is not None and file.name == "__init__.py" and _SLICE in _module(name).imports:
        yield from (f"{name}.{info.name}" for info in pkgutil.iter_modules([str(file.parent)]))


def _libraries(modules: tuple[str, ...], versions: Mapping[str, str], more: tuple[str, ...]) -> dict[str, str]:
    tops = {name.partition(".")[0] for module in modules for name in _module(module).imports}
    names = {_DISTRIBUTIONS.get(top, top).lower().replace("_", "-") for top in tops}
    return {name: versions[name] for name in sorted((names - _WITHOUT_INFLUENCE).union(more)) if name in versions}


def _pins(text: str) -> dict[str, str]:
    matches = (_PIN.match(line) for line in text.splitlines())
    return {match.group(1).lower().replace("_", "-"): match.group(2) for match in matches if match}


@cache
def _module(name: str) -> _Module:
    path = _file(name)
    if path is None:
        raise KeyError(name)
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return _Module(hashlib.sha256(_spelt(tree).encode()).hexdigest(), frozenset(_imports(tree)))


def spelling(source: str) -> str:
    """Spell a module so that two sources that do the same, but for comments, docstrings and layout, spell the same."""
    return _spelt(ast.parse(source))


def _spelt(tree: ast.Module) -> str:
    parts: list[str] = []
    _spell(tree, parts)
    return "".join(parts)


@cache
def _file(name: str) -> Path | None:
    if not name.startswith("mlops."):
        return None
    path = PACKAGE.joinpath(*name.split(".")[1:])
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None


def _imports(tree: ast.AST) -> Iterator[str]:
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and REFERENCE.fullmatch(node.value):
            yield node.value.partition(":")[0]
        elif isinstance(node, ast.Call) and _name(node.func) == "Later":
            yield from (str(module.value) for module in node.args if isinstance(module, ast.Constant))
        if _only_for_types(node):
            waiting += node.orelse
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        waiting += ast.iter_child_nodes(node)


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def _spell(node: object, parts: list[str]) -> None:
    """Spell a syntax tree by types and values, skipping empty fields, which differ between versions of Python."""
    if isinstance(node, ast.AST):
        if _only_for_types(node):
            _spell(node.orelse, parts)
            return
        parts.append(type(node).__name__ + "(")
        for field in node._fields:
            value = getattr(node, field, None)
            kept = _without_docstring(node, value) if field == "body" else value
            if kept is not None and kept != []:
                parts.append(field + "=")
                _spell(kept, parts)
        parts.append(")")
    elif isinstance(node, list):
        for item in node:
            _spell(item, parts)
    else:
        parts.append(repr(node) + ",")


def _without_docstring(node: ast.AST, body: object) -> object:
    documented = isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    if documented and isinstance(body, list) and body and _is_text(body[0]):
        return body[1:]
    return body


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _only_for_types(node: object) -> TypeGuard[ast.If]:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
