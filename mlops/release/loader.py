"""The loader that travels with a model: `mlops.bundle`, module by module, with its imports made relative.

It is made where it is needed, of what is installed, and nothing of it is written by hand; `release.published` holds its
digest, so that no other bytes than those that were published ever travel.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from pathlib import Path

import mlops
from mlops.errors import IntegrityError

PACKAGE = Path(mlops.__file__).parent
_FIRST = "mlops.bundle.pyfunc"
_HEAD = "# Made of {module}, do not edit.\n"  # a colon after a name like `decoding` would name an encoding, PEP 263
_OWN = {
    "__init__": (
        '"""Opens a bundle of MLOps by pull request for MLflow, with nothing of it installed."""\n\n'
        "import os\n\n"
        'os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # ONNX Runtime would report to its maker\n'
    ),
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


def make(package: Path = PACKAGE) -> dict[str, bytes]:
    """Give the modules of the loader by file, made of a `package` of ours.

    Raises:
        IntegrityError: the modules are not such that a loader can be made of them.
    """
    modules = _needed(package)
    known = {*map(_stem, modules), *_OWN}
    texts = {_stem(module): _copied(package, module, known) for module in modules}
    return {f"{name}.py": text.encode() for name, text in (texts | _OWN).items()}


def _source(package: Path, module: str) -> Path:
    return package.joinpath(*module.split(".")[1:]).with_suffix(".py")


def _imports(package: Path, text: str) -> Iterator[tuple[ast.ImportFrom, list[str], bool]]:
    """Give each import of ours, the modules that it imports, and whether it is there for types alone."""
    tree = ast.parse(text)
    guards = [node for node in ast.walk(tree) if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    typed = {id(node) for guard in guards for node in ast.walk(guard)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "mlops":
            inside = [f"{node.module}.{item.name}" for item in node.names]
            modules = inside if all(_source(package, name).is_file() for name in inside) else [str(node.module)]
            yield node, modules, id(node) in typed


def _needed(package: Path) -> list[str]:
    """Follow the imports from the loader's entry; what `_OWN` stands for is not followed."""
    found, ahead = set[str](), [_FIRST]
    while ahead:
        module = ahead.pop()
        if module not in found and _stem(module) not in _OWN:
            found.add(module)
            text = _source(package, module).read_text(encoding="utf-8")
            ahead += [name for _, modules, typed in _imports(package, text) if not typed for name in modules]
    if len({_stem(module) for module in found}) < len(found):
        raise IntegrityError("two modules of the loader have one name")
    return sorted(found)


def _stem(module: str) -> str:
    return module.rpartition(".")[2]


def _copied(package: Path, module: str, known: Collection[str]) -> str:
    """Copy a module with its imports of ours made relative; those for types alone of what is not there are left out."""
    text = _source(package, module).read_text(encoding="utf-8")
    lines = text.splitlines(keepends=True)
    for node, modules, typed in _imports(package, text):
        there = {_stem(name) in known for name in modules}
        first, last = node.lineno - 1, int(node.end_lineno or 0)
        parent = f"from {node.module} import"
        if parent not in lines[first] or not (there == {True} or (typed and there == {False})):
            raise IntegrityError(f"{module} imports in a way that the loader has not: {ast.unparse(node)}")
        short = "from . import" if modules != [node.module] else f"from .{_stem(modules[0])} import"
        lines[first] = lines[first].replace(parent, short)
        if there == {False}:
            lines[first:last] = [""] * (last - first)
    return _HEAD.format(module=module) + "".join(lines)
