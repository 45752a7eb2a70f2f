"""What a stage's result depends on in the framework: a digest of its code and the pinned libraries that code imports.

A digest covers every module a stage's file reaches through imports inside `mlops` and through code by name
(`mlops.kinds.reference`, `mlops.kinds.later`), as syntax trees without docstrings, comments, type-checking imports and
layout: such a change makes no stage stale, any other change to reached code does, and any change to the templates that
lie beside it. The files of a slice, in which a stage looks kinds up by name, have digests of their own: a pipeline's
stage depends on those that it names (`compiler.lower.identity`).
"""

from __future__ import annotations

import ast
import hashlib
import pkgutil
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import TypeGuard

from mlops.bundle.environment import LIBRARIES
from mlops.kinds.reference import REFERENCE
from mlops.operations.digests.cache import PACKAGE, digest_of, framework, keep, recall
from mlops.stages.declare.order import STAGES
from mlops.stages.declare.own import CODE

_DISTRIBUTIONS = {
    "sklearn": "scikit-learn",
    "pytorch_lightning": "pytorch-lightning",
    "xgboost": "xgboost-cpu",
    "yaml": "pyyaml",
}
_WITHOUT_INFLUENCE = frozenset(
    {"click", "dvc", "mlflow", "pydantic", "pydantic-core", "pyyaml", "ray", "rich", "starlette", "uvicorn"}
)
_SLICE = "mlops.kinds.slice"
_TEMPLATES = "templates"  # the folder in which jinja2's PackageLoader looks
_NAMED = re.compile(r"""["'][A-Za-z_][\w.]*:[A-Za-z_]|\bLater\(""")
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;#]+)")


@dataclass(frozen=True)
class _Module:
    digest: str
    imports: frozenset[str]


@dataclass(frozen=True)
class Fingerprints:
    """Digests of code, and versions of the libraries that it imports, by stage and by the module of a kind."""

    code: dict[str, str]
    libraries: dict[str, dict[str, str]]


def fingerprints(root: Path) -> Fingerprints:
    """Give the digest of the code of every stage and every kind, and the pinned versions of what it imports."""
    pinned = pins(root)
    key = digest_of(framework().encode(), pinned)
    if (known := recall(root, "code", key)) is not None:
        return Fingerprints(**known)
    found = fingerprinted(Source(PACKAGE), _pins(pinned.decode("utf-8", "replace")))
    keep(root, "code", key, asdict(found))
    return found


def pins(root: Path) -> bytes:
    """Read the file that says which release of each library a repository runs on; nothing where there is none."""
    for name in ("constraints.txt", "requirements.txt"):
        if (root / name).is_file():
            return (root / name).read_bytes()
    return b""


def fingerprinted(source: Source, versions: Mapping[str, str]) -> Fingerprints:
    """Digest the package that lies in a folder; `versions` are the pinned ones."""
    starts = {stage: f"mlops.stages.{stage}" for stage in (*STAGES, CODE)} | {kind: kind for kind in source.kinds()}
    reached = {name: source.reached(start) for name, start in starts.items()}
    code = {name: source.digest(modules) for name, modules in reached.items()}
    written = {"bundle": LIBRARIES}  # it names their versions
    libraries = {name: _libraries(source, reached[name], versions, written.get(name, ())) for name in reached}
    return Fingerprints(code, libraries)


class Source:
    """The modules of the package in a folder, read and never imported.

    >>> "mlops.files.atomic" in Source(PACKAGE).reached("mlops.stages.split")
    True
    """

    def __init__(self, package: Path) -> None:
        self._package = package
        self._read: dict[str, _Module | None] = {}

    def module(self, name: str) -> _Module | None:
        """Read a module; None where there is none of that name."""
        if name not in self._read:
            path = self._file(name)
            self._read[name] = None if path is None else _module(path.read_text(encoding="utf-8"))
        return self._read[name]

    def reached(self, start: str) -> tuple[str, ...]:
        """List the modules that one leads to, itself among them."""
        seen: set[str] = set()
        waiting = [start]
        while waiting:
            name = waiting.pop()
            if name in seen or (module := self.module(name)) is None:
                continue
            seen.add(name)
            waiting += [other for other in module.imports if other.startswith("mlops.")]
        return tuple(sorted(seen))

    def imports(self, names: Iterable[str]) -> set[str]:
        """Name everything that modules import."""
        return {imported for name in names if (module := self.module(name)) for imported in module.imports}

    def digest(self, names: Iterable[str]) -> str:
        """Name modules, and the templates beside them, by one digest."""
        reached = tuple(names)
        text = "".join(f"{name} {module.digest}\n" for name in reached if (module := self.module(name)))
        text += "".join(f"{path} {digest}\n" for path, digest in self._templates(reached))
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def _templates(self, names: Iterable[str]) -> Iterator[tuple[str, str]]:
        for name in sorted({name.rpartition(".")[0] for name in names}):
            folder = self._package.joinpath(*name.split(".")[1:], _TEMPLATES)
            for path in sorted(folder.iterdir()) if folder.is_dir() else ():
                yield f"{name}/{path.name}", hashlib.sha256(path.read_bytes()).hexdigest()

    def kinds(self) -> Iterator[str]:
        """Name the files of every slice: a folder whose `__init__` makes one."""
        for folder in sorted(path.parent for path in self._package.glob("*/__init__.py")):
            head = self.module(f"mlops.{folder.name}")
            if head is not None and _SLICE in head.imports:
                yield from (f"mlops.{folder.name}.{info.name}" for info in pkgutil.iter_modules([str(folder)]))

    def _file(self, name: str) -> Path | None:
        if not name.startswith("mlops."):
            return None
        path = self._package.joinpath(*name.split(".")[1:])
        for candidate in (path.with_suffix(".py"), path / "__init__.py"):
            if candidate.is_file():
                return candidate
        return None


def _libraries(
    source: Source, modules: tuple[str, ...], versions: Mapping[str, str], more: tuple[str, ...]
) -> dict[str, str]:
    tops = {name.partition(".")[0] for name in source.imports(modules)}
    # as they are spelt: Parquet's key `ARROW:schema` looks like code by name, and the library arrow is none of ours
    names = {_DISTRIBUTIONS.get(top, top).replace("_", "-") for top in tops}
    return {name: versions[name] for name in sorted((names - _WITHOUT_INFLUENCE).union(more)) if name in versions}


def _pins(text: str) -> dict[str, str]:
    matches = (_PIN.match(line) for line in text.splitlines())
    return {match.group(1).lower().replace("_", "-"): match.group(2) for match in matches if match}


@cache
def _module(text: str) -> _Module:
    tree = ast.parse(text)
    named = _NAMED.search(text) is not None
    return _Module(hashlib.sha256(_spelt(tree).encode()).hexdigest(), frozenset(_imports(tree, expressions=named)))


def spelling(source: str) -> str:
    """Spell a module so that two sources that do the same, but for comments, docstrings and layout, spell the same."""
    return _spelt(ast.parse(source))


def _spelt(tree: ast.Module) -> str:
    parts: list[str] = []
    _spell(tree, parts)
    return "".join(parts)


def _imports(tree: ast.AST, *, expressions: bool = True) -> Iterator[str]:
    """Name what a module imports; only where its text may name code are there `expressions` to look into."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if not expressions and isinstance(node, ast.expr):
            continue
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
