"""An expression's text to its tree: a grammar of a page, and nothing that is not in it.

Nothing is run, and nothing is looked up but the names of `functions`. From loose to tight: `or`, `and`, `not`,
comparisons and `in`, `+ -`, `* / %`, `-x`, `**`.
"""

from __future__ import annotations

import math
from datetime import date, datetime
from functools import lru_cache

from mlops.diagnostics import nearest, suggest
from mlops.expressions.aggregates import AGGREGATES
from mlops.expressions.aggregates import called as aggregate
from mlops.expressions.functions import FUNCTIONS, OPERATORS
from mlops.expressions.tokens import Token, tokens, unquoted
from mlops.expressions.tree import Call, Fault, Name, Node, Value

_DEEPEST = 40
_COMPARES = ("==", "!=", "<", "<=", ">", ">=")
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None}
_BINDS = {"or": 1, "and": 2, "in": 4, **dict.fromkeys(_COMPARES, 4), "+": 5, "-": 5, "*": 6, "/": 6, "%": 6, "**": 8}
_NOT, _MINUS = 3, 7
_WRITTEN = {"date": ("date", date, "2030-12-31"), "datetime": ("datetime", datetime, "2030-12-31T08:30:00Z")}
_ELSEWHERE = {
    "ifelse": "if", "where": "if", "case": "if", "iff": "if", "len": "length", "ln": "log", "pow": "**", "least": "min",
    "greatest": "max", "isnull": "is_null", "isna": "is_null", "fillna": "coalesce", "substring": "prefix",
    "trim": "strip", "datediff": "days_between", "nvl": "coalesce", "ifnull": "coalesce", "float": "number",
    "dayofweek": "weekday", "split_part": "split", "startswith": "starts_with", "endswith": "ends_with",
    "avg": "mean", "average": "mean", "stddev": "std", "stdev": "std", "total": "sum",
}  # fmt: skip


@lru_cache(maxsize=4096)
def parse(text: str) -> Node:
    """Take an expression apart.

    Raises:
        Fault: it is not one; with the place in its text, and what would be right.

    >>> parse("log(income + 1)").function
    'log'
    """
    return _Parser(tokens(text)).whole()


class _Parser:
    def __init__(self, pieces: list[Token]) -> None:
        self.pieces = pieces
        self.at = 0
        self.depth = 0

    @property
    def next(self) -> Token:
        return self.pieces[self.at]

    def take(self) -> Token:
        piece = self.pieces[self.at]
        self.at += 1
        return piece

    def whole(self) -> Node:
        if self.next.kind == "end":
            raise Fault("the expression is empty", 0, hint="write one, such as `income / members`")
        node = self.expression(0)
        if self.next.kind != "end":
            raise self.stray(self.next)
        return node

    def expression(self, above: int) -> Node:
        """Read what binds more tightly than `above`."""
        self.depth += 1
        if self.depth > _DEEPEST:
            message = f"an expression is nested at most {_DEEPEST} deep"
            raise Fault(message, self.next.start, hint="derive a part of it as a column of its own")
        left = self.prefixed()
        while (sign := self.infix()) and _BINDS[sign] > above:
            left = self.joined(left, sign)
        self.depth -= 1
        return left

    def infix(self) -> str:
        piece = self.next
        if piece.kind not in ("sign", "name"):
            return ""
        following = self.pieces[self.at + 1].text if piece.text == "not" else ""
        return "in" if following == "in" else piece.text if piece.text in _BINDS else ""

    def joined(self, left: Node, sign: str) -> Node:
        turned = self.take().text == "not"
        if sign == "in":
            if turned:
                self.take()
            found = Call("in", (left, *self.listed()), left.start, self.pieces[self.at - 1].end)
            return Call("not", (found,), found.start, found.end) if turned else found
        binds = _BINDS[sign]
        right = self.expression(binds - 1 if sign == "**" else binds)
        if binds == _BINDS["=="] and self.infix() in _COMPARES:
            message = "comparisons do not go on and on"
            raise Fault(message, self.next.start, len(self.next.text), hint="write `a < b and b < c`")
        return Call(sign, (left, right), left.start, right.end)

    def listed(self) -> tuple[Node, ...]:
        """Read the values of a list in brackets."""
        opening = self.take()
        if opening.text != "[":
            raise Fault("`in` needs a list", opening.start, len(opening.text), hint='write `city in ["Bonn", "Rome"]`')
        found = self.separated("]", opening)
        for node in found:
            if not isinstance(node, Value):
                raise Fault("a list holds values that are written out", node.start, node.end - node.start)
        if not 0 < len(found) < OPERATORS["in"].greatest:
            raise Fault("a list has 1 to 200 values", opening.start, self.pieces[self.at - 1].end - opening.start)
        return found

    def prefixed(self) -> Node:
        piece = self.take()
        if piece.text == "not" and piece.kind == "name":
            inner = self.expression(_NOT - 1)
            return Call("not", (inner,), piece.start, inner.end)
        if piece.text == "-":
            inner = self.expression(_MINUS - 1)
            if isinstance(inner, Value) and inner.kind in ("int", "float"):
                return Value(-inner.value, inner.kind, piece.start, inner.end)  # type: ignore[operator]  # a number
            return Call("neg", (inner,), piece.start, inner.end)
        return self.atom(piece)

    def atom(self, piece: Token) -> Node:
        if piece.kind == "number":
            return _number(piece)
        if piece.kind == "text":
            return Value(unquoted(piece), "text", piece.start, piece.end)
        if piece.kind == "column":
            return Name(piece.text[1:-1], piece.start, piece.end)
        if piece.text == "(":
            inner = self.expression(0)
            self.close(")", piece)
            return inner
        if piece.kind == "name" and piece.text not in ("and", "or", "in"):
            return self.named(piece)
        raise self.stray(piece)

    def named(self, piece: Token) -> Node:
        """Read a call, a word that is a value, or a column."""
        if self.next.text == "(" and self.next.kind == "sign":
            return self.called(piece, self.take())
        if piece.text.lower() in _WORDS and piece.text not in FUNCTIONS:
            value = _WORDS[piece.text.lower()]
            return Value(value, "null" if value is None else "bool", piece.start, piece.end)
        return Name(piece.text, piece.start, piece.end)

    def called(self, piece: Token, opening: Token) -> Node:
        """Read what stands in the brackets of a call; an aggregate says last by which columns."""
        found, by = self.separated(")", opening), None
        if self.next.kind == "by" and self.pieces[self.at - 1].text != ")":
            by = self.grouped()
            self.close(")", opening)
        end = self.pieces[self.at - 1].end
        if piece.text in AGGREGATES and (by is not None or piece.text not in FUNCTIONS):
            return aggregate(piece.text, found, by, piece.start, end)
        if by is not None and piece.text in FUNCTIONS:
            raise Fault(f"`{piece.text}` has no `by`", piece.start, end - piece.start, hint=_aggregates())
        return _called(piece, found, end)

    def grouped(self) -> tuple[Node, ...]:
        """Read the columns that levels are of: one, or several in brackets."""
        self.take()
        if self.next.text != "[":
            return (self.expression(0),)
        return self.separated("]", self.take())

    def separated(self, closing: str, opening: Token) -> tuple[Node, ...]:
        """Read values with commas between them, up to the bracket or to the `by` of an aggregate."""
        found: list[Node] = []
        while self.next.text != closing and self.next.kind != "by":
            found.append(self.expression(0))
            if self.next.text != ",":
                self.close(closing, opening)
                return tuple(found)
            self.take()
        if self.next.kind != "by":
            self.close(closing, opening)
        return tuple(found)

    def close(self, closing: str, opening: Token) -> None:
        piece = self.take()
        if piece.text != closing:
            if piece.kind == "end":
                message = f"`{opening.text}` is not closed"
                raise Fault(message, opening.start, hint=f"write `{closing}` at the end")
            raise self.stray(piece)

    def stray(self, piece: Token) -> Fault:
        if piece.kind == "end":
            return Fault("the expression ends too early", max(0, piece.start - 1), hint="a value is missing at the end")
        message = f"`{piece.text}` does not fit here"
        if piece.kind == "by":
            hint = "`by=` stands last in an aggregate, as in `mean(x, by=plan)`; `==` compares"
            return Fault(message, piece.start, piece.end - piece.start, hint=hint)
        hint = "a name with blanks stands in backticks: `unit price`" if piece.kind in ("name", "number") else ""
        hint = hint or "a value, a column or a function is expected" if piece.kind == "sign" else hint
        return Fault(message, piece.start, piece.end - piece.start, hint=hint)


def _number(piece: Token) -> Value:
    text = piece.text.replace("_", "")
    try:
        value = float(text)
    except ValueError:
        value = math.inf
    if not math.isfinite(value):
        raise Fault(f"`{piece.text}` is no number", piece.start, len(piece.text), hint="write a number below 1e308")
    whole = text.isdecimal()
    if whole and int(text) > 2**53:
        message = f"`{piece.text}` is too large to be exact"
        raise Fault(message, piece.start, len(piece.text), hint="whole numbers are exact up to 9007199254740992")
    return Value(int(text) if whole else value, "int" if whole else "float", piece.start, piece.end)


def _called(piece: Token, arguments: tuple[Node, ...], end: int) -> Node:
    name, start = piece.text, piece.start
    if name == "col":
        if len(arguments) != 1 or not isinstance(arguments[0], Value) or arguments[0].kind != "text":
            raise Fault("`col` takes the name of a column", start, end - start, hint='write `col("unit price")`')
        return Name(str(arguments[0].value), start, end)
    if name in _WRITTEN:
        return _moment(name, arguments, start, end)
    known = FUNCTIONS.get(name)
    if known is None:
        raise Fault(f"there is no function `{name}`", start, len(name), hint=_meant(name))
    count = len(arguments)
    odd = name == "if" and count % 2 == 0
    if not known.fewest <= count <= known.greatest or odd:
        hint = f"write `{usage(name)}`" + (f", or `{AGGREGATES[name].example}`" if name in AGGREGATES else "")
        raise Fault(f"`{name}` takes {_counted(name)}, not {count}", start, end - start, hint=hint)
    return Call(name, arguments, start, end)


def _meant(name: str) -> str:
    known = [*FUNCTIONS, *AGGREGATES, "col", *_WRITTEN]
    other = _ELSEWHERE.get(name.lower())
    if other is not None:
        return f"did you mean `{other}`?"
    return f"did you mean `{near}`?" if (near := nearest(name, known)) else suggest(name, known)


def _aggregates() -> str:
    return f"of {', '.join(AGGREGATES)} there is a value by the levels of columns: `mean(x, by=plan)`"


def _moment(name: str, arguments: tuple[Node, ...], start: int, end: int) -> Value:
    kind, reader, example = _WRITTEN[name]
    given = arguments[0].value if len(arguments) == 1 and isinstance(arguments[0], Value) else None
    try:
        if isinstance(given, str):
            reader.fromisoformat(given)
            return Value(given, kind, start, end)
    except ValueError:
        pass
    raise Fault(f"`{name}` takes a text like {example}", start, end - start, hint=f'write `{name}("{example}")`')


def usage(name: str) -> str:
    """Spell how a function is called.

    >>> usage("days_between"), usage("round"), usage("contains")
    ('days_between(start, end)', 'round(x, 2)', 'contains(text, "part")')
    """
    if name in ("if", "coalesce", "min", "max"):
        return {"if": "if(condition, a, b)"}.get(name, f"{name}(a, b)")
    if name.endswith("_between"):
        return f"{name}(start, end)"
    if name == "clip":
        return "clip(x, 0, 100)"
    spelled = {"number": "x", "any": "x", "moment": "date", "text": "text", '"text"': '"part"', "0": "2"}
    return f"{name}({', '.join(spelled[each] for each in FUNCTIONS[name].takes)})"


def _counted(name: str) -> str:
    known = FUNCTIONS[name]
    if name == "if":
        return "a condition, a value, and so on, and a last value: an odd number of arguments"
    few, many = known.fewest, known.greatest
    return f"{few} argument{'s' * (few != 1)}" if few == many else f"{few} to {many} arguments"
