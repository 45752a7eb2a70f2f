"""The type of an expression, by those of its columns: every contradiction is told before a row is seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mlops.diagnostics import nearest
from mlops.expressions.aggregates import AGGREGATES
from mlops.expressions.functions import FUNCTIONS, OPERATORS, ORDERED
from mlops.expressions.parse import usage
from mlops.expressions.tree import Aggregate, Call, Family, Fault, Name, Node, Value

_FAMILIES: dict[str, Family] = {
    "int": "number",
    "float": "number",
    "bool": "bool",
    "string": "text",
    "category": "text",
    "text": "text",
    "date": "moment",
    "datetime": "moment",
    "null": "null",
    "any": "any",
}
_SAID: dict[Family, str] = {
    "number": "a number",
    "text": "a text",
    "moment": "a date",
    "bool": "true or false",
    "null": "null",
    "any": "anything",
}


def type_of(node: Node, columns: Mapping[str, str | None], *, closed: bool = True) -> str:
    """Give the type of what an expression makes: one of a column's types, `null`, or `any` where it is not known.

    Args:
        node: the expression.
        columns: types by column, None where it is not known yet.
        closed: whether there are no other columns than those.

    Raises:
        Fault: a column is not there, or a function is given what it does not take.

    >>> from mlops.expressions.parse import parse
    >>> type_of(parse("height / 2 > 1"), {"height": "int"})
    'bool'
    """
    return _Typing(columns, closed).of(node)


class _Typing:
    def __init__(self, columns: Mapping[str, str | None], closed: bool) -> None:
        self.columns = columns
        self.closed = closed

    def of(self, node: Node) -> str:
        if isinstance(node, Value):
            return "string" if node.kind == "text" else node.kind
        if isinstance(node, Name | Aggregate):
            return self.column(node) if isinstance(node, Name) else self.aggregate(node)
        known = OPERATORS.get(node.function) or FUNCTIONS[node.function]
        found = [self.of(argument) for argument in node.arguments]
        alike = [index for index in range(len(found)) if _taken(node, index) == "same"]
        for index, argument in enumerate(node.arguments):
            self.fits(node, index, argument, found[index])
        self.agree(node, [(node.arguments[index], found[index]) for index in alike])
        if known.gives == "same":
            return _joined([found[index] for index in alike])
        if node.function == "round":
            return "int" if len(found) == 1 else "float"
        if known.gives == "number":
            return "int" if set(found) <= {"int", "bool", "null"} else "float"
        return known.gives

    def column(self, node: Name) -> str:
        if node.name in self.columns:
            return self.columns[node.name] or "any"
        if not self.closed:
            return "any"
        near = nearest(node.name, self.columns)
        hint = f"did you mean `{near}`?" if near else "check the name"
        raise Fault(f"there is no column `{node.name}`", node.start, node.end - node.start, hint=hint)

    def aggregate(self, node: Aggregate) -> str:
        """Hold the value and the columns that levels are of to what an aggregate takes."""
        found = [self.of(argument) for argument in node.arguments]
        for argument, kind in zip(node.arguments, found, strict=True):
            if (family := _FAMILIES[kind]) not in ("number", "bool", "any"):
                hint = _cure("number", family, argument)
                raise _wrong(node, argument, f"takes numbers, and this is {_SAID[family]}", hint)
        for name in node.by:
            if (kind := self.column(name)) not in (*_LEVELS, "any"):
                words = f"goes by columns of {', '.join(_LEVELS[:-1])} or {_LEVELS[-1]}, and `{name.name}` is {kind}"
                raise _wrong(node, name, words, _LEVELLED.get(_FAMILIES[kind], "derive it as a column of its own"))
        gives = AGGREGATES[node.function].gives
        return gives if gives != "number" else "int" if set(found) <= {"int", "bool"} else "float"

    def fits(self, call: Call, index: int, argument: Node, found: str) -> None:
        """Hold one argument to what is taken at its place."""
        wanted, family = _taken(call, index), _FAMILIES[found]
        if wanted in ('"text"', "0"):
            kind, said = ("text", "a text in quotes") if wanted == '"text"' else ("int", "a whole number")
            if not isinstance(argument, Value) or argument.kind != kind or not _in_range(call, argument):
                raise _wrong(call, argument, f"takes {said} here, written out", f"write `{usage(call.function)}`")
            return
        takes = {"same", "any", "null", family} if family in ("any", "null") else {"same", "any", family}
        if family == "bool":
            takes.add("number")
        if family in ("any", "null") or wanted in takes:
            return
        said = {"number": "numbers", "text": "texts", "moment": "dates", "bool": "true or false"}[wanted]
        raise _wrong(call, argument, f"takes {said}, and this is {_SAID[family]}", _cure(wanted, family, argument))

    def agree(self, call: Call, given: Sequence[tuple[Node, str]]) -> None:
        """Hold what must be of one family together."""
        families = [(node, _FAMILIES[found]) for node, found in given if _FAMILIES[found] not in ("any", "null")]
        for node, family in families:
            first = families[0][1]
            if {family, first} not in ({family}, {"bool", "number"}):
                words = f"cannot hold {_SAID[first]} and {_SAID[family]} together"
                raise _wrong(call, node, words, _cure(first, family, node))
            if call.function in ORDERED and family not in ("number", "moment"):
                raise _wrong(call, node, f"needs numbers or dates, and this is {_SAID[family]}", "compare with `==`")


def _taken(call: Call, index: int) -> str:
    if call.function == "if":
        return "same" if index % 2 == 1 or index == len(call.arguments) - 1 else "bool"
    takes = (OPERATORS.get(call.function) or FUNCTIONS[call.function]).takes
    return takes[min(index, len(takes) - 1)]


def _in_range(call: Call, argument: Value) -> bool:
    if argument.kind == "text":
        return bool(argument.value)
    least, most = (0, 12) if call.function == "round" else (1, 1_000)
    return least <= int(argument.value or 0) <= most


def _joined(found: Sequence[str]) -> str:
    """Give the type that holds values of several of one family."""
    kinds = {kind for kind in found if kind != "null"}
    if not kinds:
        return "null"
    for wider in ("any", "float", "int", "datetime"):
        if wider in kinds:
            return wider
    return "string" if kinds & {"string", "category", "text"} else kinds.pop()


_LEVELS = ("string", "category", "bool", "int")
_LEVELLED = {
    "number": "derive whole numbers, as `floor(x / 10)`, or declare `type: int` where it holds no others",
    "moment": "derive a part of it, as `month(date)`",
}


def _wrong(call: Call | Aggregate, argument: Node, words: str, hint: str) -> Fault:
    shown = "-" if call.function == "neg" else call.function
    return Fault(f"`{shown}` {words}", argument.start, argument.end - argument.start, hint=hint)


_CURES = {
    ("number", "text"): "`number(...)` reads a number out of a text",
    ("number", "moment"): "`days_between(start, end)` is the time between two dates",
}
_DECLARED = {"text": "declare `type: string` for the column", "moment": "declare `type: date` for the column"}


def _cure(wanted: str, family: str, node: Node) -> str:
    """Say what to write instead."""
    if wanted == "bool":
        return "compare it, as in `age > 60`"
    if wanted == "moment" and family == "text" and isinstance(node, Value):
        return f'write `date("{node.value}")`'
    if wanted in _DECLARED and isinstance(node, Name):
        return _DECLARED[wanted]
    return _CURES.get((wanted, family), "make both of one type")
