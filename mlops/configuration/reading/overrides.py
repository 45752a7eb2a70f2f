"""Overrides as Hydra spells them, as data: `model.mlp.lr=0.001,0.01` is a key and the values that it has in turn.

The grammar and the expansion of sweeps are Hydra's own. What comes of it goes the way of a file: every value through
the reader of YAML, which refuses what could run code, read the environment or grow without bound.
https://hydra.cc/docs/advanced/override_grammar/basic/
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from mlops.configuration.reading.document import Document, Node
from mlops.configuration.reading.dotted import KEY, nested
from mlops.configuration.reading.library import GROUPS
from mlops.configuration.reading.parse import read
from mlops.diagnostics import Diagnostic, Position, visible

if TYPE_CHECKING:
    from hydra.core.override_parser.types import Override as Parsed

COMMAND_LINE = "command line"
"""What findings call the place of an override."""
MOST = 500  # values of a key, and combinations of all
_LONGEST = 4_000  # letters of an override
_RULE = "override"


@dataclass(frozen=True)
class Override:
    """A key that is set, and its values in turn; `added` where its name need not be there already (`+key=value`)."""

    key: str
    values: tuple[Any, ...]
    position: Position
    value_position: Position
    added: bool = False

    @property
    def group(self) -> bool:
        """Whether it chooses files of a group (`features=tabular`, `model=[mlp,linear]`) and sets no key."""
        return self.key in GROUPS and all(map(_names, self.values))


Choices = Sequence[tuple[Override, Any]]
"""One value for each override."""


def read_overrides(texts: Sequence[str]) -> tuple[tuple[Override, ...], tuple[Diagnostic, ...]]:
    """Read what was typed; what is wrong with any of it is found at once.

    >>> read_overrides(["model.mlp.lr=0.001,0.01"])[0][0].values
    (0.001, 0.01)
    """
    found: list[Diagnostic] = []
    known: dict[str, Override] = {}
    for line, text in enumerate(texts, 1):
        override = _read(text, line)
        if isinstance(override, Override) and override.key in known:
            message = f"`{override.key}` is given twice"
            override = Diagnostic(override.position, message, "separate values by commas", _RULE)
        if isinstance(override, Diagnostic):
            found.append(override)
        else:
            known[override.key] = override
    return tuple(known.values()), tuple(found)


def written(texts: Iterable[str]) -> str:
    """Give overrides as the lines that findings point into."""
    return "\n".join(map(visible, texts))


def set_over(texts: Sequence[str], chosen: Choices) -> tuple[Document, tuple[Diagnostic, ...]]:
    """Make a document of one value for each key, as if a file had it, and find what no file may have."""
    found: list[Diagnostic] = []
    flat = Node({}, Position(COMMAND_LINE))
    for override, value in chosen:
        node, problems = _node(value, override.value_position)
        found += problems
        flat.value[override.key], flat.children[override.key] = node.value, node
        flat.keys[override.key] = override.position

    def report(position: Position, message: str, hint: str) -> None:
        found.append(Diagnostic(position, message, hint, _RULE))

    return Document(COMMAND_LINE, written(texts), nested(flat, "command", report)), tuple(found)


def choose(document: Document, groups: Choices) -> Document:
    """Give a pipeline's file with other options of groups in its `defaults`; one that has none gets an entry."""
    if document.root is None or not groups or not isinstance(document.value, dict):
        return document
    entries = document.node(("defaults",)) or Node([], document.root.position)
    children = list(entries.children.values()) if isinstance(entries.value, list) else []
    for override, options in groups:
        node, _ = _node({f"/{override.key}": options}, override.value_position)
        place = next((at for at, child in enumerate(children) if _chooses(child, override.key)), None)
        if place is not None:
            children[place] = node
        else:
            own = next((at for at, child in enumerate(children) if child.value == "_self_"), len(children))
            children.insert(own, node)
    defaults = Node([child.value for child in children], entries.position, dict(enumerate(children)))
    root = document.root
    value = {**document.value, "defaults": defaults.value}
    return replace(document, root=Node(value, root.position, {**root.children, "defaults": defaults}, root.keys))


def _chooses(entry: Node, group: str) -> bool:
    return isinstance(entry.value, dict) and set(entry.value) == {f"/{group}"}


def _names(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, list) and all(isinstance(item, str) for item in value))


def _read(text: str, line: int) -> Override | Diagnostic:
    """Read one override, which stands in a line of its own; gives a finding where it is none, or not one of ours."""
    shown = visible(text)
    whole = Position(COMMAND_LINE, line, 1, len(shown))
    parsed = _parsed(text)
    if isinstance(parsed, str):
        hint = "write KEY=VALUE, KEY=VALUE,VALUE or KEY=[VALUE,VALUE], in quotes where the shell reads it otherwise"
        return Diagnostic(whole, f"`{shown[:80]}` {parsed}", hint, _RULE)
    key = str(parsed.key_or_group)
    if (why := _refused(parsed, key)) is not None:
        return Diagnostic(whole, *why, _RULE)
    values = tuple(map(_plain, _values(parsed)))
    if len(values) > MOST:
        return Diagnostic(whole, f"`{key}` has more than {MOST} values", "give fewer", _RULE)
    begins, behind = shown.find(key) + 1, shown.find("=") + 2
    place = Position(COMMAND_LINE, line, begins, len(key))
    value_place = Position(COMMAND_LINE, line, behind, max(1, len(shown) - behind + 1))
    return Override(key, values, place, value_place, added=parsed.is_add() or parsed.is_force_add())


def _parsed(text: str) -> Parsed | str:
    """Have Hydra read an override; gives what is wrong where it cannot."""
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.errors import HydraException

    if len(text) > _LONGEST:
        return f"has {len(text):,} letters: at most {_LONGEST:,} are read"
    if "=" not in text and not text.startswith("~"):
        return "has no `=`"
    try:
        return OverridesParser.create().parse_override(text)
    except (HydraException, ValueError, TypeError, RecursionError):  # the latter of functions of its grammar: `int(x)`
        return "is no override of Hydra's"


def _refused(parsed: Parsed, key: str) -> tuple[str, str] | None:
    """Say what of Hydra's grammar no trial does, and what to do instead."""
    from hydra.core.override_parser.types import Glob

    if parsed.is_delete():
        return f"`~{key}` takes a key away, which a trial does not", "choose what stays: `model=[mlp,linear]`"
    if parsed.package is not None or not KEY.fullmatch(key):
        named = parsed.input_line.partition("=")[0] if parsed.input_line else key
        return f"`{visible(named)}` is not a key that a command can set", "write `block.key=value`: `model.mlp.lr=0.01`"
    if parsed.is_interval_sweep():
        return f"`{key}` has no values to try one by one", "write `choice(0.001,0.01)` or `range(1,4)`"
    if isinstance(parsed.value(), Glob):
        return f"`{key}` names options by a pattern", "write them out: `model=mlp,linear`"
    return None


def _values(parsed: Parsed) -> Iterable[Any]:
    return islice(parsed.sweep_iterator(), MOST + 1) if parsed.is_sweep_override() else (parsed.value(),)


def _plain(value: Any) -> Any:
    """Take text out of its quotes, at any depth."""
    from hydra.core.override_parser.types import QuotedString

    if isinstance(value, QuotedString):
        return value.text
    if isinstance(value, dict):
        return {str(_plain(key)): _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _node(value: Any, position: Position) -> tuple[Node, tuple[Diagnostic, ...]]:
    """Read a value as a file would have it, and place all of it at its override."""
    text = json.dumps([value], ensure_ascii=False).encode(errors="surrogatepass")
    document = read(COMMAND_LINE, text)
    found = tuple(replace(problem, position=position) for problem in document.diagnostics)
    if document.root is None or not document.root.children:
        return Node(None, position), found
    return _placed(document.root.children[0], position), found


def _placed(node: Node, position: Position) -> Node:
    children = {key: _placed(child, position) for key, child in node.children.items()}
    return Node(node.value, position, children, dict.fromkeys(node.keys, position), node.size)
