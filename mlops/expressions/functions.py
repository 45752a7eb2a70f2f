"""The functions and operators of expressions: what each takes and gives. What is not listed here cannot be called.

A word of `takes` is a family of values (`number`, `text`, `moment`, `bool`, `any`), `same` for what is of one family
with the others that are `same`, or a value that is written out: `"text"`, `0` for a whole number. The last repeats up
to `most`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Function:
    """What a function takes, how many at most, and what type it gives.

    `gives` is a type, `same` for that of the `same` arguments, or `number`: whole where all that it takes is.
    """

    takes: tuple[str, ...]
    gives: str
    says: str
    least: int = 0
    most: int = 0
    example: str = ""

    @property
    def fewest(self) -> int:
        """The fewest arguments."""
        return self.least or len(self.takes)

    @property
    def greatest(self) -> int:
        """The most arguments."""
        return self.most or len(self.takes)


MANY = 20
FUNCTIONS: dict[str, Function] = {
    "if": Function(
        ("bool", "same"), "same", "the value after the first condition that is true, else the last", 3, 2 * MANY + 1
    ),
    "coalesce": Function(("same",), "same", "the first value that is there", 2, MANY),
    "is_null": Function(("any",), "bool", "whether the value is missing"),
    "log": Function(("number",), "float", "natural logarithm; null unless above 0"),
    "log1p": Function(("number",), "float", "natural logarithm of 1 + x; null unless x is above -1"),
    "log10": Function(("number",), "float", "logarithm to the base 10; null unless above 0"),
    "exp": Function(("number",), "float", "e to the power of x; null where that is too large"),
    "sqrt": Function(("number",), "float", "square root; null below 0"),
    "abs": Function(("number",), "number", "the size of a number"),
    "floor": Function(("number",), "int", "the whole number at or below"),
    "ceil": Function(("number",), "int", "the whole number at or above"),
    "round": Function(("number", "0"), "number", "rounded to digits after the point; half goes to the even one", 1, 2),
    "min": Function(("same",), "same", "the least of numbers, or the earliest date", 2, MANY),
    "max": Function(("same",), "same", "the greatest of numbers, or the latest date", 2, MANY),
    "clip": Function(("number", "number", "number"), "number", "x, but at least the second and at most the third"),
    "year": Function(("moment",), "int", "the year, in UTC"),
    "month": Function(("moment",), "int", "the month, 1 to 12"),
    "day": Function(("moment",), "int", "the day of the month"),
    "weekday": Function(("moment",), "int", "1 for Monday to 7 for Sunday"),
    "hour": Function(("moment",), "int", "the hour, 0 to 23, in UTC"),
    "days_between": Function(("moment", "moment"), "float", "days from the first to the second, with fractions"),
    "hours_between": Function(("moment", "moment"), "float", "hours from the first to the second"),
    "seconds_between": Function(("moment", "moment"), "float", "seconds from the first to the second"),
    "years_between": Function(("moment", "moment"), "int", "whole years from the first to the second, as an age is"),
    "lower": Function(("text",), "string", "in small letters"),
    "upper": Function(("text",), "string", "in capital letters"),
    "strip": Function(("text",), "string", "without blanks around"),
    "length": Function(("text",), "int", "how many characters"),
    "prefix": Function(("text", "0"), "string", "the first characters"),
    "suffix": Function(("text", "0"), "string", "the last characters"),
    "contains": Function(("text", '"text"'), "bool", "whether a text is in it"),
    "starts_with": Function(("text", '"text"'), "bool", "whether it begins with a text"),
    "ends_with": Function(("text", '"text"'), "bool", "whether it ends with a text"),
    "split": Function(
        ("text", '"text"', "0"), "string", "a part between separators, counted from 1; null where there is none"
    ),
    "number": Function(("text",), "float", "the number that a text spells; null where it spells none"),
}
"""What may be called by name."""

OPERATORS: dict[str, Function] = {
    "+": Function(("number", "number"), "number", "sum"),
    "-": Function(("number", "number"), "number", "difference"),
    "*": Function(("number", "number"), "number", "product"),
    "/": Function(("number", "number"), "float", "quotient; null where divided by 0"),
    "%": Function(("number", "number"), "number", "rest, of the sign of the second; null where divided by 0"),
    "**": Function(("number", "number"), "float", "power; null where it is no number, or too large"),
    "==": Function(("same", "same"), "bool", "equal"),
    "!=": Function(("same", "same"), "bool", "not equal"),
    "<": Function(("same", "same"), "bool", "less, or earlier"),
    "<=": Function(("same", "same"), "bool", "at most"),
    ">": Function(("same", "same"), "bool", "greater, or later"),
    ">=": Function(("same", "same"), "bool", "at least"),
    "in": Function(("same",), "bool", "one of a list", 2, 201),
    "and": Function(("bool", "bool"), "bool", "both; false where one is, whatever the other"),
    "or": Function(("bool", "bool"), "bool", "one of both; true where one is, whatever the other"),
    "not": Function(("bool",), "bool", "the contrary"),
    "neg": Function(("number",), "number", "minus"),
}
"""What stands between or before values."""

ORDERED = frozenset({"<", "<=", ">", ">=", "min", "max"})
"""What needs an order, which texts have not."""
