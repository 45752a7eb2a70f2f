"""`conf/fleet/<fleet>.yaml`: one template, a table of rows, a pipeline `<fleet>-<row>` for each.

    template: template/tenant        # conf/template/tenant.yaml, written like a pipeline
    rows:
      eu: {owners: ["@growth-eu"], data.source.path: data/eu.csv}
      us: {model.mlp.lr: 0.0005}

`rows` may also name a CSV file beside this one: its first column is `name`, the others are dotted keys, and an empty
cell overrides nothing.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mlops.configuration.reading.document import Document, Node
from mlops.configuration.reading.dotted import nested
from mlops.configuration.reading.layers import Layer
from mlops.configuration.reading.library import Configuration, there
from mlops.configuration.reading.parse import MAXIMUM_BYTES
from mlops.configuration.reading.scalar import expression, resolve
from mlops.diagnostics import Diagnostic, Position
from mlops.files.relative import NAME

_FILE = re.compile(f"(template|pipeline)/{NAME.pattern}")
_TABLE = re.compile(r"[A-Za-z0-9_-]+\.csv")


@dataclass(frozen=True)
class Row:
    """One pipeline of a fleet: the file it begins as, and what it sets over that."""

    template: str
    position: Position
    over: Layer


@dataclass(frozen=True)
class Fleet:
    """The rows of one or more fleets by the name of their pipeline, and what is wrong with them."""

    rows: dict[str, Row]
    diagnostics: tuple[Diagnostic, ...] = ()


def read_fleets(configuration: Configuration, name: str | None = None) -> Fleet:
    """Read every fleet, or only those that could have a pipeline of this name."""
    rows: dict[str, Row] = {}
    found: list[Diagnostic] = []
    for fleet in configuration.options("fleet"):
        if name is not None and not name.startswith(f"{fleet}-"):
            continue
        read = _read(configuration, fleet)
        found += read.diagnostics
        for key in read.rows if name is None else {name} & read.rows.keys():
            if key in rows:
                message = f"there are two pipelines `{key}`"
                hint = f"rename one; the other is in {rows[key].position}"
                found.append(Diagnostic(read.rows[key].position, message, hint, "fleet"))
            rows[key] = read.rows[key]
    return Fleet(rows, tuple(found))


def _read(configuration: Configuration, fleet: str) -> Fleet:
    """Read one fleet, once for a configuration."""
    document = configuration.document(f"fleet/{fleet}")
    if document is None:
        return Fleet({})
    if fleet not in configuration.fleets:
        reader = _Reader(configuration, document, fleet)
        rows = dict(reader.rows())
        taken = [key for key in rows if configuration.document(f"pipeline/{key}") is not None]
        for key in taken:
            message = f"there are two pipelines `{key}`"
            reader.report(rows[key].position, message, f"rename one; the other is conf/pipeline/{key}.yaml")
        configuration.fleets[fleet] = Fleet(rows, tuple(reader.found))
    kept: Fleet = configuration.fleets[fleet]
    return kept


class _Reader:
    def __init__(self, configuration: Configuration, document: Document, fleet: str) -> None:
        self.configuration, self.document, self.fleet = configuration, document, fleet
        self.found: list[Diagnostic] = list(document.diagnostics)

    def rows(self) -> Iterator[tuple[str, Row]]:
        value = self.document.value
        if self.found or not isinstance(value, dict):
            if not self.found:
                self.report(
                    Position(self.document.file), "a fleet is a mapping of keys", "write `template:` and `rows:`"
                )
            return
        for key in sorted(value.keys() - {"template", "rows"}):
            self.report(self.document.where((key,)), f"unknown key `{key}`", "one of: rows, template")
        template, rows = value.get("template"), value.get("rows")
        place = self.document.where(("template",), key=False)
        if not isinstance(template, str) or not _FILE.fullmatch(template):
            self.report(place, "a fleet needs a `template`", "write `template: template/NAME` or `pipeline/NAME`")
            return
        if self.configuration.document(template) is None:
            self.report(place, f"there is no file conf/{template}.yaml", "write it like a pipeline")
            return
        for name, node, file in self._written(rows):
            root = nested(node, "row", self.report)
            layer = Layer(Document(file.file, file.text, root), ())
            yield f"{self.fleet}-{name}", Row(template, node.position, layer)

    def _written(self, rows: object) -> Iterator[tuple[str, Node, Document]]:
        place = self.document.where(("rows",), key=False)
        if isinstance(rows, str) and _TABLE.fullmatch(rows):
            yield from self._table(rows, place)
        elif isinstance(rows, dict) and rows:
            for name in rows:
                node = self.document.node(("rows", name))
                if node is None or not isinstance(node.value, dict):
                    self.report(
                        self.document.where(("rows", name)), "a row is a mapping of keys", "write `{}` for none"
                    )
                else:
                    where = self.document.where(("rows", name))
                    yield name, Node(node.value, where, node.children, node.keys), self.document
        else:
            self.report(
                place, "a fleet needs `rows`", "write `rows: {NAME: {KEY: VALUE}}`, or name a CSV file beside it"
            )

    def _table(self, name: str, place: Position) -> Iterator[tuple[str, Node, Document]]:
        path = self.configuration.conf / "fleet" / name
        if not there(path):
            self.report(place, f"there is no file conf/fleet/{name}", "put it beside the fleet")
            return
        if (refused := self.configuration.links.refused(f"conf/fleet/{name}")) is not None:
            self.found.append(refused)
            return
        if path.stat().st_size > MAXIMUM_BYTES:
            self.report(Position(f"conf/fleet/{name}"), "the table has more than 1 MiB", "make two fleets of it")
            return
        try:
            text = path.read_bytes().decode("utf-8-sig")
        except UnicodeDecodeError:
            self.report(Position(f"conf/fleet/{name}"), "the table is not UTF-8", "save it as UTF-8")
            return
        file = Document(f"conf/fleet/{name}", text, None)
        lines = csv.reader(io.StringIO(text))
        try:
            yield from self._rows_of(lines, file)
        except csv.Error as error:
            self.report(Position(file.file, lines.line_num or 1), f"the table cannot be read: {error}", "repair it")

    def _rows_of(self, lines: Any, file: Document) -> Iterator[tuple[str, Node, Document]]:
        header: list[str] = next(lines, [])
        if header[:1] != ["name"] or len(set(header)) != len(header):
            self.report(
                Position(file.file), "the first column is not `name`, or a column is there twice", "repair the header"
            )
            return
        seen: set[str] = set()
        for cells in lines:
            position = Position(file.file, lines.line_num)
            if len(cells) != len(header):
                self.report(
                    position, f"{len(cells)} cells, the header has {len(header)}", "write an empty cell for none"
                )
            elif cells[0] in seen:
                self.report(position, f"the row `{cells[0]}` is there twice", "rename one")
            else:
                seen.add(cells[0])
                yield cells[0], self._cells(header, cells, position), file

    def _cells(self, header: list[str], cells: list[str], position: Position) -> Node:
        row = Node({}, position)
        for key, cell in zip(header[1:], cells[1:], strict=True):
            if cell:
                value, refusal = resolve(cell)
                refusal = refusal or expression(cell)
                if refusal is not None:
                    self.found.append(Diagnostic(position, refusal.message, refusal.hint, refusal.rule))
                row.value[key], row.children[key] = value, Node(value, position)
                row.keys[key] = Position(position.file)
        return row

    def report(self, position: Position, message: str, hint: str) -> None:
        self.found.append(Diagnostic(position, message, hint, "fleet"))
