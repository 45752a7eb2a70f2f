"""YAML as text to a document, from parser events, with the place of every key."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property, lru_cache
from typing import Any

import yaml

from mlops.configuration.reading.document import Document, Node
from mlops.configuration.reading.no_key import no_text
from mlops.configuration.reading.scalar import expression, resolve
from mlops.configuration.reading.syntax import mistake
from mlops.diagnostics import Diagnostic, Position, nearest
from mlops.files.conflict import marked

MAXIMUM_BYTES = 1 << 20
MAXIMUM_DEPTH = 50
MAXIMUM_NODES = 100_000
MAXIMUM_TOLD = 100  # findings of one file; more of them say nothing new
_REMEMBERED = 1 << 13  # bytes of a file that is remembered, which takes 0.5 MiB; most take a tenth of that
_BLANK = re.compile(r"^[ -]*([\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000\ufeff])", re.MULTILINE)
"""What looks like a space where a line begins, and is part of a key to YAML; pages and word processors leave it."""
_CODE = re.compile(r"_\w+_|\(\)")


def read(file: str, data: bytes) -> Document:
    """Parse a YAML file given as bytes; what is wrong is collected, not raised.

    The same bytes of the same file give the same document, which nobody changes: a repository is read more than once
    where it is held against its base, and most of its files are the same there.
    """
    return _remembered(file, data) if len(data) <= _REMEMBERED else _read(file, data)


@lru_cache(maxsize=128)
def _remembered(file: str, data: bytes) -> Document:
    return _read(file, data)


def _read(file: str, data: bytes) -> Document:
    if len(data) > MAXIMUM_BYTES:
        problem = Diagnostic(Position(file), f"the file has {len(data):,} bytes", "at most 1 MiB is read", "yaml-size")
        return Document(file, "", None, (problem,))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        problem = Diagnostic(Position(file, line), "the file is not UTF-8", "save it as UTF-8", "yaml-encoding")
        return Document(file, "", None, (problem,))
    return _Reader(file, text).document()


class _Stop(Exception):
    """Going on would be wrong or endless."""


class _Reader:
    """Builds nodes from parser events with a stack, so that depth and size are known before anything grows."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.text = text
        self.found: list[Diagnostic] = []
        self.anchors: dict[str, Node | None] = {}
        self.stack: list[tuple[Node, str | None, list[Any]]] = []
        self.roots: list[Node] = []

    @cached_property
    def lines(self) -> list[str]:
        return self.text.splitlines()

    def document(self) -> Document:
        if "<<<<<<< " in self.text and (line := marked(self.text.encode())) is not None:
            place, hint = Position(self.file, line), f"keep one of the two versions, then git add {self.file}"
            self._report(place, "conflict markers of a merge", hint, "yaml-syntax")
            return Document(self.file, self.text, None, tuple(self.found))
        if "\t" in self.text:
            before = self.text[: self.text.index("\t")]
            place = Position(self.file, before.count("\n") + 1, len(before) - before.rfind("\n"))
            self._report(place, "a tab", 'indent with spaces; write "\\t" for a tab in text', "yaml-syntax")
            return Document(self.file, self.text, None, tuple(self.found))
        if (odd := self._odd_blank()) is not None:
            before = self.text[: odd.start(1)]
            place = Position(self.file, before.count("\n") + 1, len(before) - before.rfind("\n"))
            message = f"a blank that is no space, U+{ord(odd[1]):04X}"
            self._report(place, message, "indent with spaces: type those of this line anew", "yaml-syntax")
            return Document(self.file, self.text, None, tuple(self.found))
        try:
            for event in self._events():
                self._take(event)
                if len(self.found) >= MAXIMUM_TOLD:
                    raise _Stop
        except _Stop:
            return Document(self.file, self.text, None, tuple(self.found))
        except yaml.YAMLError as error:
            self.found.append(self._syntax(error))
            return Document(self.file, self.text, None, tuple(self.found))
        root = self.roots[0] if self.roots else None
        if root is None or root.value is None:
            self._report(Position(self.file), "the file is empty", "", "yaml-empty")
            root = None
        return Document(self.file, self.text, root, tuple(self.found))

    def _odd_blank(self) -> re.Match[str] | None:
        """Find a blank that would be part of a key; in a block or in quotes it is text, as where a paragraph begins."""
        if _BLANK.search(self.text) is None:
            return None
        written: set[int] = set()
        try:
            for token in yaml.scan(self.text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
                if isinstance(token, yaml.ScalarToken) and token.style:
                    end = token.end_mark
                    written.update(range(token.start_mark.line + 1, end.line + (end.column > 0)))
        except yaml.YAMLError:
            pass  # what could be read until then is text
        line = at = 0
        for odd in _BLANK.finditer(self.text):
            line, at = line + self.text.count("\n", at, odd.start(1)), odd.start(1)
            if line not in written:
                return odd
        return None

    def _events(self) -> Iterator[Any]:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        return iter(yaml.parse(self.text, Loader=loader))

    def _take(self, event: Any) -> None:
        kind = type(event)
        if kind is yaml.ScalarEvent:
            self._scalar(event)
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            self._close()
        elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
            self._open(event)
        elif kind is yaml.AliasEvent:
            self._alias(event)
        elif kind is yaml.DocumentStartEvent and self.roots:
            self._report(
                self._at(event), "a second document starts here", "write one document a file", "yaml-documents"
            )
            raise _Stop

    def _open(self, event: Any) -> None:
        position = self._at(event)
        self._refuse_tag(event, position)
        if len(self.stack) >= MAXIMUM_DEPTH:
            self._report(position, f"nested more than {MAXIMUM_DEPTH} deep", "flatten it", "yaml-depth")
            raise _Stop
        node = Node({} if isinstance(event, yaml.MappingStartEvent) else [], position)
        self._anchor(event.anchor, None, position)
        self.stack.append((node, event.anchor, []))

    def _close(self) -> None:
        node, anchor, pending = self.stack.pop()
        if pending:  # pragma: no cover - the parser never ends a mapping after a key alone
            raise _Stop
        if anchor:
            self.anchors[anchor] = node
        self._add(node)

    def _scalar(self, event: Any) -> None:
        position = self._at(event)
        if event.tag is not None:
            self._refuse_tag(event, position)
        plain = event.implicit[0]
        if plain and event.value == "<<" and not self._at_key():
            self._report(
                position, "`<<` is a merge key to some readers of YAML", 'write "<<" for text', "yaml-ambiguous"
            )
        node = Node(self._resolve(event.value, position) if plain else event.value, position)
        if isinstance(node.value, str) and "${" in node.value:
            self._refuse_expression(node.value, position)
        self._anchor(event.anchor, node, position)
        self._add(node)

    def _anchor(self, name: str | None, node: Node | None, position: Position) -> None:
        """Remember a node by its anchor; another of its name is refused, as by other readers, and never silently."""
        if name in self.anchors:
            self._report(position, f"the anchor `&{name}` is written twice", "give it another name", "yaml-alias")
        elif name is not None:
            self.anchors[name] = node

    def _at_key(self) -> bool:
        """Whether the next node is the key of a mapping."""
        return bool(self.stack) and isinstance(self.stack[-1][0].value, dict) and not self.stack[-1][2]

    def _alias(self, event: Any) -> None:
        position, name = self._at(event), event.anchor
        if name not in self.anchors:
            near = nearest(name, self.anchors)
            hint = f"did you mean `*{near}`?" if near else f"define it before its use: `&{name}`"
            self._report(position, f"unknown alias `*{name}`", hint, "yaml-alias")
            raise _Stop
        target = self.anchors[name]
        if target is None:
            self._report(position, f"alias `*{name}` contains itself", "write the value out", "yaml-alias")
            raise _Stop
        self._add(Node(target.value, position, target.children, target.keys, target.size))

    def _add(self, node: Node) -> None:
        if node.size > MAXIMUM_NODES:
            self._too_many(node.position)
        if not self.stack:
            self.roots.append(node)
            return
        parent, _, pending = self.stack[-1]
        parent.size += node.size
        if parent.size > MAXIMUM_NODES:
            self._too_many(node.position)
        if isinstance(parent.value, list):
            parent.children[len(parent.value)] = node
            parent.value.append(node.value)
        elif pending:
            key = pending.pop()
            if key is not None:
                parent.children[key] = node
                parent.value[key] = node.value
        else:
            pending.append(self._key(parent, node))

    def _key(self, parent: Node, node: Node) -> str | None:
        key, position = node.value, node.position
        if not isinstance(key, str):
            line = self.lines[position.line - 1]
            message, hint = no_text(key, line, position.column - 1, position.length)
            self._report(position, message, hint, "yaml-key")
            return None
        if key in parent.keys:
            first = parent.keys[key]
            self._report(position, f"the key `{key}` is written twice", f"first at line {first.line}", "yaml-duplicate")
            return None
        parent.keys[key] = position
        if key == "<<":
            self._report(
                position,
                "merge keys (`<<`) are not read",
                "use a `defaults:` entry or write the keys out",
                "yaml-merge",
            )
            return None
        if key[:1] in ("_", "(") and _CODE.fullmatch(key):
            self._report(
                position, f"the key `{key}` could name code to run", "name a component by `kind:`", "code-in-yaml"
            )
            return None
        return key

    def _resolve(self, text: str, position: Position) -> Any:
        value, problem = resolve(text)
        if problem is not None:
            hint = f'write it in quotes: "{text}"' if self._at_key() else problem.hint
            self._report(position, problem.message, hint, problem.rule)
        return value

    def _refuse_tag(self, event: Any, position: Position) -> None:
        if event.tag is not None:
            self._report(position, f"the tag `{event.tag}` is not read", "remove it", "code-in-yaml")

    def _refuse_expression(self, text: str, position: Position) -> None:
        if (problem := expression(text)) is not None:
            self._report(position, problem.message, problem.hint, problem.rule)

    def _too_many(self, position: Position) -> None:
        message = f"more than {MAXIMUM_NODES:,} values once aliases are written out"
        self._report(position, message, "write fewer aliases", "yaml-size")
        raise _Stop

    def _syntax(self, error: yaml.YAMLError) -> Diagnostic:
        found = mistake(self.text, error)
        place = Position(self.file, found.line, found.column, found.length)
        return Diagnostic(place, found.message, found.hint, "yaml-syntax")

    def _at(self, event: Any) -> Position:
        start, end = event.start_mark, event.end_mark
        length = end.column - start.column if end.line == start.line else 1
        return Position(self.file, start.line + 1, start.column + 1, length if length > 0 else 1)

    def _report(self, position: Position, message: str, hint: str, rule: str) -> None:
        self.found.append(Diagnostic(position, message, hint, rule))
