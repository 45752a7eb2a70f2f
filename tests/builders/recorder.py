"""Run verbs in this process with an audit hook, and print what they did as JSON: a program, not a module to import.

    python -m tests.builders.recorder < '{"root": ".", "verbs": [["validate"]]}' lines

The hook sees what CPython itself does (PEP 578): no code of a configuration's can go round it from within a verb.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
from types import CodeType
from typing import Any

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_CHANGES = ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod")
_STARTS = (
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.spawn",
    "os.fork",
    "os.forkpty",
    "pty.spawn",
)
done: list[tuple[str, str]] = []
recording = False
root = "/"


def _absolute(path: Any) -> str:
    return os.path.abspath(os.fsdecode(path))  # noqa: PTH100 - links are not followed: where it was asked for counts


def _note(event: str, given: tuple[Any, ...]) -> None:
    if recording:
        done.extend(_changes(event, given) or _code(event, given))


def _changes(event: str, given: tuple[Any, ...]) -> list[tuple[str, str]]:
    if event.startswith("socket."):
        return [("socket", event)]
    if event in _STARTS:
        program = given[0] if event == "subprocess.Popen" else event
        return [("process", str(program).rpartition("/")[2])]
    if event == "open" and isinstance(given[2], int) and given[2] & _WRITES:
        return [("write", _absolute(path)) for path in given[:1] if not isinstance(path, int)]
    if event in _CHANGES:
        paths = given[:2] if event in ("os.rename", "os.link", "os.symlink") else given[:1]
        return [("write", _absolute(path)) for path in paths if not isinstance(path, int)]
    return []


def _code(event: str, given: tuple[Any, ...]) -> list[tuple[str, str]]:
    if event == "import" and str(given[0]).split(".")[0] in ("pipelines", "victim", "conf"):
        return [("import", str(given[0]))]
    if event == "exec" and isinstance(given[0], CodeType):
        file = given[0].co_filename  # `<string>` is what a dataclass makes of itself
        if not file.startswith("<") and os.path.realpath(file).startswith(root + os.sep):
            return [("exec", file)]
    return [(event, str(given[0]))] if event == "pickle.find_class" else []


def main() -> None:
    """Do what each line of the input asks for."""
    global recording, root  # noqa: PLW0603
    from mlops.cli.main import run

    sys.addaudithook(_note)
    for line in sys.stdin:
        task = json.loads(line)
        root = os.path.realpath(task["root"])
        os.chdir(root)
        sys.path[0:0] = [root]  # as if run from there, so that project code could be imported
        codes = []
        for verb in task["verbs"]:
            said = io.StringIO()
            with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
                recording = True
                try:
                    codes.append(run(verb))
                except SystemExit as error:
                    codes.append(int(error.code or 0))
                finally:
                    recording = False
        sys.path.remove(root)
        print(json.dumps({"codes": codes, "done": sorted(set(done))}), flush=True)
        done.clear()


if __name__ == "__main__":
    main()
