"""A key of a YAML file set in its text: every other byte, and every comment, stays as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import yaml

from mlops.errors import ConfigurationError
from mlops.operations.language.flow import Value, flow
from mlops.operations.language.flow import text as spelt

Keys = Sequence[str | int]


def edited(text: str, path: Keys, value: Value) -> str:
    r"""Set the value at a path of keys, and positions in lists; keys that are not there are added at the end.

    Raises:
        ConfigurationError: the text holds something there that cannot be set in place, such as an alias.

    >>> edited("a: 1  # one\nb: {c: 2}\n", ("b", "d"), [3])
    'a: 1  # one\nb: {c: 2, d: [3]}\n'
    """
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    place: yaml.Node | None = None  # the key that the node stands at
    for depth, key in enumerate(path):
        inner = _inner(node, key)
        if inner is None:
            if isinstance(node, yaml.MappingNode) and node.value:
                return _added(text, node, f"{spelt(str(key))}: {flow(_nested(path[depth + 1 :], value))}")
            return _replaced(text, place, node, flow(_nested(path[depth:], value)))
        place, node = inner
        if place is not None and node.start_mark.index < place.end_mark.index:
            raise _not_in_place(path)
    return _replaced(text, place, node, flow(value))


def appended(text: str, key: str, item: Mapping[str, Value]) -> str:
    r"""Add a mapping, a line a key, to the list at a key of the whole; a list that is not there or empty is begun.

    Raises:
        ConfigurationError: the text holds something else there, or a list that cannot be added to in place.

    >>> appended("# why\nlist: []\n", "list", {"a": 1, "b": "x"})
    '# why\nlist:\n  - a: 1\n    b: x\n'
    """
    found = _appended(text, key, item)
    try:
        before, after = yaml.safe_load(text), yaml.safe_load(found)
    except yaml.YAMLError as error:
        raise _not_in_place((key,)) from error
    if after != {**before, key: [*before.get(key, ()), item]}:  # such as behind an anchor, or a text that keeps its end
        raise _not_in_place((key,))
    return found


def _appended(text: str, key: str, item: Mapping[str, Value]) -> str:
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    found = _inner(root, key)
    place, node = (None, None) if found is None else found
    if found is None and isinstance(root, yaml.MappingNode) and not root.flow_style:
        return _added(text, root, f"{spelt(key)}:\n{_item(item, 2)}")
    if place is None or not isinstance(node, yaml.SequenceNode) or node.start_mark.index < place.end_mark.index:
        raise _not_in_place((key,))
    end = _end(text, node)
    if not node.value:
        comment, _, rest = text[end:].partition("\n")
        head = text[: node.start_mark.index].rstrip()
        return f"{head}{comment}\n{_item(item, place.start_mark.column + 2)}\n{rest}"
    if node.flow_style:
        last = _end(text, node.value[-1])  # a comment may stand behind it
        return f"{text[:last]}, {flow(item)}{text[last:]}"
    return _below(text, end, _item(item, node.start_mark.column))


def _item(item: Mapping[str, Value], indent: int) -> str:
    lines = [f"{spelt(key)}: {flow(value)}" for key, value in item.items()]
    return "\n".join(f"{' ' * indent}{'  ' if at else '- '}{line}" for at, line in enumerate(lines))


def _inner(node: yaml.Node | None, key: str | int) -> tuple[yaml.Node | None, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        return next(((name, item) for name, item in node.value if name.value == key), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(key, int):
        return (None, node.value[key]) if key < len(node.value) else None
    return None


def _nested(path: Keys, value: Value) -> Value:
    for key in reversed(path):
        value = {str(key): value}
    return value


def _replaced(text: str, key: yaml.Node | None, node: yaml.Node | None, new: str) -> str:
    """Put a value in the place of a node; a block of several lines becomes one line, which keeps its comment."""
    if node is None:
        raise _not_in_place(())
    start, end = node.start_mark.index, _end(text, node)
    before, after = text[:start], text[end:]
    if key is not None and "\n" in text[key.end_mark.index : start]:
        before = text[: key.end_mark.index]
        line = text[key.end_mark.index : start].partition("\n")[0].removeprefix(":")
        return f"{before}: {new}{line.rstrip()}{after}"
    return f"{before}{'' if before.endswith((' ', '[', '{', ',')) else ' '}{new}{after}"


def _added(text: str, node: yaml.MappingNode, entry: str) -> str:
    """Add an entry to a mapping that has some, behind its last."""
    end = _end(text, node.value[-1][1], node.value[-1][0])
    if node.flow_style:
        comma = text[end : node.end_mark.index].find(",")
        return f"{text[:end]}, {entry}{text[end:]}" if comma < 0 else f"{text[: end + 1]} {entry}{text[end + 1 :]}"
    return _below(text, end, f"{' ' * node.start_mark.column}{entry}")


def _below(text: str, end: int, lines: str) -> str:
    """Put lines below the one that `end` is in."""
    line = text.find("\n", end)
    head, rest = (text, "\n") if line < 0 else (text[:line], text[line:])
    return f"{head}\n{lines}{rest}"


def _end(text: str, node: yaml.Node, key: yaml.Node | None = None) -> int:
    """Find where what a node says ends, without the comments and blank lines behind it."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(text, *reversed(last)) if isinstance(last, tuple) else _end(text, last)
    end: int = node.end_mark.index
    if key is not None and end < key.end_mark.index:  # an alias, whose node stands where its anchor is
        raise _not_in_place(())
    return len(text[:end].rstrip("\n")) if end else end


def _not_in_place(path: Keys) -> ConfigurationError:
    named = f"`{'.'.join(map(str, path))}` " if path else "this "
    return ConfigurationError(f"{named}cannot be set in place", hint="write it by hand")
