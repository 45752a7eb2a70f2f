"""The defaults list of a pipeline, resolved: which files, in which order, each at which key.

The order and the packages are Hydra's. Resolving them here gives every value a place in a file, and gives a wrong
entry a caret and a suggestion before Hydra sees it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from mlops.configuration.reading.document import Document
from mlops.configuration.reading.library import GROUPS, SHIPPED, Configuration
from mlops.configuration.reading.parse import MAXIMUM_TOLD
from mlops.diagnostics import Diagnostic, Position, suggest

_PACKAGE = re.compile(r"^#\s*@package\s+(\S+)\s*$")
_ENTRY = re.compile(r"/?(?P<group>[a-z_]+)(@(?P<package>[a-z0-9_.]+))?")
_OPTION = re.compile(r"^[A-Za-z0-9_-]{1,100}\Z")


@dataclass(frozen=True)
class Layer:
    """One file of a composition and the key path under which its content stands.

    `chosen` is where a file that people edit asked for it; None of such a file that nobody has to ask for.
    """

    document: Document
    package: tuple[str, ...]
    chosen: Position | None = None


def header(document: Document) -> str | None:
    """Read the `# @package` line among the comments a file begins with."""
    for line in document.text.splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            return None
        if match := _PACKAGE.match(line.strip()):
            return match.group(1)
    return None


def resolve(
    configuration: Configuration, name: str, file: str = ""
) -> tuple[tuple[Layer, ...], tuple[Diagnostic, ...]]:
    """Order the files that make `pipeline/<name>`, or the file given instead; later layers win."""
    resolver = _Resolver(configuration)
    document = configuration.document(file or f"pipeline/{name}")
    if document is None:
        raise KeyError(name)
    resolver.pipeline(document)
    return tuple(resolver.layers), tuple(resolver.found)


def _below(parent: tuple[str, ...], package: str) -> tuple[str, ...]:
    """Place a package under that of the including file; `_global_` starts again at the top."""
    path = (*parent, *(part for part in package.split(".") if part))
    while "_global_" in path:
        path = path[path.index("_global_") + 1 :]
    return path


class _Resolver:
    def __init__(self, configuration: Configuration) -> None:
        self.configuration = configuration
        self.layers: list[Layer] = []
        self.found: list[Diagnostic] = []
        self.open: list[str] = []
        self.chosen: Position | None = None

    def pipeline(self, document: Document) -> None:
        self.found += document.diagnostics
        if document.root is None:
            return
        if not isinstance(document.value, dict):
            self._report(document.root.position, "a pipeline is a mapping of keys", "write `key: value` lines", "type")
            return
        if header(document) != "_global_":
            self._report(
                Position(document.file), "the first line is not `# @package _global_`", "add it", "package-header"
            )
        self._entries(document, (), group=None)

    def _entries(self, document: Document, package: tuple[str, ...], group: str | None) -> None:
        """Walk a defaults list; the file's own content stands where `_self_` is."""
        entries = document.value.get("defaults", []) if isinstance(document.value, dict) else []
        if not isinstance(entries, list):
            self._report(
                document.where(("defaults",)), "`defaults` is a list", "write `- /group: option` lines", "type"
            )
            entries = []
        self._twice(document, entries)
        placed = False
        for index, entry in enumerate(entries):
            if len(self.found) >= MAXIMUM_TOLD:
                break
            if entry == "_self_":
                self.layers.append(Layer(document, package, self.chosen))
                placed = True
            else:
                self._entry(document, index, entry, group, package)
        if not placed:
            if entries:
                message = "`defaults` does not say where this file's own keys stand"
                self._report(document.where(("defaults",)), message, "end the list with `- _self_`", "defaults")
            self.layers.append(Layer(document, package, self.chosen))

    def _twice(self, document: Document, entries: list[Any]) -> None:
        """Refuse a group of one choice that is chosen again: Hydra would, and it is not said which choice holds."""
        first: dict[str, Position] = {}
        for index, entry in enumerate(entries):
            if len(self.found) >= MAXIMUM_TOLD:
                break
            for key, option in entry.items() if isinstance(entry, dict) else ():
                place = document.where(("defaults", index, key))
                if isinstance(option, str) and first.setdefault(str(key), place) != place:
                    message = f"the group `{key}` is chosen twice"
                    self._report(place, message, f"first at line {first[str(key)].line}; keep one", "defaults")

    def _entry(self, document: Document, index: int, entry: Any, group: str | None, parent: tuple[str, ...]) -> None:
        position = document.where(("defaults", index))
        if isinstance(entry, str) and group is not None:
            self._option(position, group, entry, None, parent, "")
            return
        if not isinstance(entry, dict) or len(entry) != 1:
            self._report(
                position, "an entry of `defaults` names one group", "write `- /group: option` or `- _self_`", "defaults"
            )
            return
        ((key, options),) = entry.items()
        at = document.where(("defaults", index, key))
        match = _ENTRY.fullmatch(str(key))
        if match is None or match.group("group") not in GROUPS:
            hint = suggest(re.sub(r"^/|@.*$", "", str(key)), GROUPS)
            self._report(at, f"unknown group `{key}`", hint, "unknown-group")
            return
        if not str(key).startswith("/"):
            self._report(at, f"the group `{key}` is not looked for from `conf/`", f"write `/{key}`", "defaults")
            return
        for place, option in enumerate(options) if isinstance(options, list) else [(None, options)]:
            path = ("defaults", index, key) if place is None else ("defaults", index, key, place)
            name = match.group("group")
            self._option(document.where(path, key=False), name, option, match.group("package"), parent, name)

    def _option(
        self,
        position: Position,
        group: str,
        option: Any,
        package: str | None,
        parent: tuple[str, ...],
        usual: str,
    ) -> None:
        if not isinstance(option, str) or not _OPTION.match(option):
            self._report(
                position,
                f"`{option}` is not the name of an option of `{group}`",
                self._offer(group, ""),
                "unknown-option",
            )
            return
        file = f"{group}/{option}"
        document = self.configuration.document(file)
        if document is None:
            hint = self._offer(group, option)
            self._report(position, f"unknown group option `{group}: {option}`", hint, "unknown-option")
            return
        if file in self.open:
            message = f"`{file}` includes itself: {' → '.join([*self.open, file])}"
            self._report(position, message, "remove one of the entries", "defaults")
            return
        self.found += document.diagnostics
        if document.root is None:
            return
        if not isinstance(document.value, dict):
            self._report(document.root.position, "a choice is a mapping of keys", "write `key: value` lines", "type")
            return
        self.open.append(file)
        written = header(document)
        if package is None and written is not None:  # a header is absolute, an entry's `@package` is not
            written = f"_global_.{written}"
        name = (package or written or usual).replace("_name_", option)
        outer = self.chosen
        self.chosen = outer if position.file.startswith(SHIPPED) else position
        self._entries(document, _below(parent, name), group)
        self.chosen = outer
        self.open.pop()

    def _offer(self, group: str, option: str) -> str:
        options = self.configuration.options(group)
        return suggest(option, options) or f"`conf/{group}/` has no file yet"

    def _report(self, position: Position, message: str, hint: str, rule: str) -> None:
        self.found.append(Diagnostic(position, message, hint, rule))
