"""Lay out the root of an image that holds a Python, what was installed for it, and nothing else: no shell, no tool.

    python3 image_root.py APP ROOT

APP is a folder that `pip install --target` filled; it becomes /app. The interpreter, its library and every shared
object that they load are taken from where this script runs, to the same places. It runs while an image is built, on any
base with Python 3.10 or later and glibc, where nothing of this program is: it imports the standard library alone.
"""

from __future__ import annotations

import compileall
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path
from py_compile import PycInvalidationMode

USER = 65532
# what no server imports: tests, an editor, a window system, installers
LEFT_OUT = {"test", "tests", "testing", "idlelib", "tkinter", "turtledemo", "lib2to3", "ensurepip", "pydoc_data"}
LEFT_OUT |= {
    "__pycache__",
    "site-packages",
    "dist-packages",
    "f2py",
    "include",
    "distutils",
    "curses",
    "dbm",
    "unittest",
}
ONNX = re.compile(r"^onnxruntime/(transformers|tools|quantization|datasets|backend)(/|$)")
NEEDLESS = re.compile(
    r"^onnxruntime/capi/libonnxruntime\.so|\.(pyi|pyx|pxd|h|a|c|cpp)$|^bin/|^config-\d"
    r"|/(_tkinter|_curses|_curses_panel|readline|_dbm|_gdbm|_sqlite3|_test\w*|_xxtestfuzz|nis|ossaudiodev)\.cpython"
)
FILES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/nsswitch.conf")


def main(app: Path, root: Path) -> None:
    """Fill ROOT."""
    python, library = Path(sys.executable).resolve(), Path(sysconfig.get_path("stdlib")).resolve()
    keep(app, root / "app")
    keep(library, root / str(library).lstrip("/"))
    put(python, root)
    for path in sorted({*shared_by([python, *objects(root)])}):
        if not path.is_relative_to(root):
            put(path, root)
    for name in FILES:
        if Path(name).exists():
            put(Path(name), root)
    for place in (root / "app", root / str(library).lstrip("/")):
        compiled(place, root)
    settle(root, python)


def compiled(place: Path, root: Path) -> None:
    """Put compiled modules in the place of their sources, which a read-only file system would compile each time."""
    compileall.compile_dir(
        place,
        quiet=2,
        legacy=True,
        stripdir=str(root),
        prependdir="/",
        invalidation_mode=PycInvalidationMode.UNCHECKED_HASH,
        workers=0,
    )
    for path in place.rglob("*.py"):
        if path.with_suffix(".pyc").exists():
            path.unlink()


def keep(source: Path, target: Path) -> None:
    """Copy a folder without what a server never imports."""

    def ignored(folder: str, names: list[str]) -> set[str]:
        here = Path(folder).relative_to(source)
        return {name for name in names if name in LEFT_OUT or needless(str(here / name))}

    shutil.copytree(source, target, ignore=ignored, symlinks=False)


def needless(path: str) -> bool:
    """Whether a file of a package is not imported, or not by who serves."""
    return bool(ONNX.search(path) or NEEDLESS.search(path))


def put(path: Path, root: Path) -> None:
    """Copy a file to its own place; folders of the base that are links stay links."""
    real = path.parent.resolve() / path.name
    target = root / str(real).lstrip("/")
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
        target.chmod(0o755)


def objects(folder: Path) -> Iterator[Path]:
    """List shared objects."""
    yield from (path for path in sorted(folder.rglob("*")) if re.search(r"\.so(\.|$)", path.name) and path.is_file())


def shared_by(paths: Iterable[Path]) -> Iterator[Path]:
    """List what the dynamic loader would load for files, itself among them."""
    for path in paths:
        command = ["ldd", str(path)]  # glibc's own
        said = subprocess.run(command, capture_output=True, text=True, check=False).stdout  # noqa: S603
        if "not found" in said:
            raise SystemExit(f"{path} needs what is not here:\n{said}")
        yield from (Path(found) for found in re.findall(r"(?:=> |^\s*)(/\S+) \(0x", said, re.MULTILINE))


def settle(root: Path, python: Path) -> None:
    """Add the links, the user and the folders that everything else goes by, with rights and times that never differ."""
    for name in ("bin", "lib", "lib64"):
        link = Path("/", name)
        if link.is_symlink() and not (root / name).exists():
            (root / name).symlink_to(link.readlink())
    (root / "python").symlink_to(python)
    (root / "etc").mkdir(exist_ok=True)
    (root / "etc/passwd").write_text(f"root:x:0:0::/:/none\nmlops:x:{USER}:{USER}::/:/none\n")
    (root / "etc/group").write_text(f"root:x:0:\nmlops:x:{USER}:\n")
    for path in (root, *sorted(root.rglob("*"))):
        if not path.is_symlink():
            runs = path.is_dir() or bool(path.stat().st_mode & 0o100)
            path.chmod(0o555 if runs else 0o444)
            os.utime(path, (0, 0))
    (root / "tmp").mkdir()
    (root / "tmp").chmod(0o1777)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
