"""Ways to spoil a configuration: its text, its structure, its values; the same seed spoils it in the same way."""

from __future__ import annotations

import copy
import functools
import random
from collections.abc import Callable
from typing import Any

import yaml

from tests.builders.quick_yaml import dump, load

HOSTILE: tuple[str, ...] = (
    *("${{ secrets.X }}", "${oc.env:HOME}", "${oc.${a}:x}", "${data.target}", "${..}", "${", "}", "{{7*7}}", "{%"),
    *("_target_", "__class__", "()", "hydra", "defaults", "_self_", "<<", "*x", "&x x", "!!python/name:os.x", "!x"),
    *("no", "12:30", "010", "0x1F", "1_000", "1e400", ".inf", ".nan", "2024-01-01", "~", "null", "=", "-0", "1e3"),
    *("9" * 19, "-" + "9" * 400, "1." + "0" * 400, "1e" + "9" * 30, "a" * 5000, "é" * 300, "😀" * 200),
    *("../x", "/etc/passwd", "~/x", "\\\\server\\share", "C:x", ".git/x", "\u2025/x", ".g\u200cit/x", "a\u202eb", ""),
    *("x\n- run: id", "\r", "\x85", "\u2028", "\ufeff", "\x00", "\x1b[31m", "\ud7ff", "\t", "'", '"', "`id`", "; rm ~"),
    *("[", "]", "{", "}", ",", ":", ": ", "- ", "#", "|", ">", "?", "%", "@", "---", "..."),
)  # fmt: skip
VALUES: tuple[Callable[[random.Random], Any], ...] = (
    lambda r: r.choice(HOSTILE),
    lambda r: r.choice((0, -1, 1, 2**31, 2**63, 2**64, 10**17, -(10**18))),
    lambda r: r.choice((0.0, -0.0, 1e-300, 1e300, 0.1, float("inf"), float("nan"))),
    lambda r: r.choice((None, True, False, [], {}, [[]], [{}], {"": ""}, {"kind": None}, {"kind": ["mlp"]})),
    lambda r: [r.choice(HOSTILE) for _ in range(r.randrange(4))],
    lambda r: {r.choice(HOSTILE): r.choice(HOSTILE) for _ in range(r.randrange(4))},
    lambda r: {"_target_": "builtins.open", "_args_": ["x", "w"]},
    lambda r: _deep(r.choice((3, 20, 49, 60, 200)), r),
    lambda r: ["x"] * r.choice((10, 1000, 20_000)) if r.random() < 0.05 else ["x"],
)


def mutate(text: str, seed: random.Random) -> bytes:
    """Spoil a file once or a few times."""
    for _ in range(seed.choice((1, 1, 1, 2, 5))):
        text = seed.choice((_structure, _structure, _structure, _lines, _characters, _whole))(text, seed)
    data = text.encode("utf-8", "surrogatepass")
    if seed.random() < 0.05:
        place = seed.randrange(len(data) + 1)
        data = data[:place] + bytes(seed.randrange(256) for _ in range(seed.randrange(1, 5))) + data[place:]
    return data


def _structure(text: str, seed: random.Random) -> str:
    head = "".join(f"{line}\n" for line in text.splitlines() if line.startswith("# @package"))
    try:
        value = copy.deepcopy(_read(text))
        if not isinstance(value, dict | list) or not value:
            return _characters(text, seed)
        _spoil(value, seed)
        return head + dump(value, allow_unicode=seed.random() < 0.5)
    except (yaml.YAMLError, ValueError, TypeError, RecursionError, OverflowError, AttributeError):
        return _characters(text, seed)


@functools.lru_cache(maxsize=64)
def _read(text: str) -> Any:
    """Read a file; most mutations begin with one of a few. A deep nest would take libyaml down, and this process."""
    if text.count("[") > 1_000 or text.count("{") > 1_000:
        raise RecursionError("nested too deep to be read here")
    return load(text)


def _spoil(value: Any, seed: random.Random) -> None:
    parent, key = seed.choice(list(_places(value)))
    kind = seed.randrange(6)
    if kind <= 1:
        parent[key] = seed.choice(VALUES)(seed)
    elif kind == 2:
        del parent[key]
    elif kind == 3:
        parent[key] = seed.choice(([parent[key]], {"x": parent[key]}, {str(key): parent[key]}, [[parent[key]]]))
    elif isinstance(parent, list):
        parent.insert(key, seed.choice(VALUES)(seed))
    elif kind == 4:
        name = str(key)
        place = seed.randrange(len(name) + 1)
        wrong = seed.choice(
            (name[:place] + name[place + 1 :], name.upper(), f"{name}x", seed.choice(HOSTILE), 7, None, 1.5)
        )
        parent[wrong] = parent.pop(key)
    else:
        parent[seed.choice(HOSTILE)] = seed.choice(VALUES)(seed)


def _places(value: Any) -> list[tuple[Any, Any]]:
    found: list[tuple[Any, Any]] = []
    waiting = [value]
    while waiting and len(found) < 2000:
        node = waiting.pop()
        for key, item in list(node.items() if isinstance(node, dict) else enumerate(node)):
            found.append((node, key))
            if isinstance(item, dict | list):
                waiting.append(item)
    return found


def _lines(text: str, seed: random.Random) -> str:
    lines = text.split("\n")
    place, other = seed.randrange(len(lines)), seed.randrange(len(lines))
    kind = seed.randrange(6)
    if kind == 0:
        lines.insert(other, lines[place])
    elif kind == 1:
        del lines[place]
    elif kind == 2:
        lines[place], lines[other] = lines[other], lines[place]
    elif kind == 3:
        lines[place] = " " * seed.randrange(1, 5) + lines[place]
    elif kind == 4:
        lines[place] += seed.choice(HOSTILE)
    else:
        lines.insert(place, f"{seed.choice(HOSTILE)}: {seed.choice(HOSTILE)}")
    return seed.choice(("\n", "\n", "\n", "\r\n", "\r")).join(lines)


def _characters(text: str, seed: random.Random) -> str:
    place = seed.randrange(len(text) + 1)
    end = min(len(text), place + seed.choice((0, 0, 1, 2, 10, 100)))
    return text[:place] + seed.choice(HOSTILE) + text[end:]


def _whole(text: str, seed: random.Random) -> str:
    depth = seed.choice((49, 51, 1000, 20_000))
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]\n" for level in range(1, seed.choice((3, 9)))
    )
    makers: tuple[Callable[[], str], ...] = (
        lambda: "",
        lambda: "# nothing\n",
        lambda: seed.choice(HOSTILE),
        lambda: "[" * depth + "]" * seed.choice((depth, 0)),
        lambda: "{a: " * depth + "}" * depth,
        lambda: f"{text}\nx: {'- ' * depth}\n",
        lambda: f"{text}\n{bomb}",
        lambda: f"{text}\n---\n{text}",
        lambda: f"{text}\n{text}",
        lambda: "\n".join(f"k{index}: {index}" for index in range(seed.choice((10, 3000)))),
        lambda: text + "# " + "x" * seed.choice((1000, (1 << 20) + 1)),
        lambda: text.replace("\n", "\r"),
        lambda: f"%YAML 1.1\n---\n{text}",
    )
    return seed.choice(makers)()


def _deep(depth: int, seed: random.Random) -> Any:
    value: Any = seed.choice(HOSTILE)
    for _ in range(depth):
        value = [value] if seed.random() < 0.5 else {"a": value}
    return value
