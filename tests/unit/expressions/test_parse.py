from __future__ import annotations

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops.expressions import kinds, parse, spelling, tokens
from mlops.expressions.functions import FUNCTIONS
from mlops.expressions.kinds import type_of
from mlops.expressions.tree import Call, Fault, Name, Value, columns

TYPES = {"age": "int", "income": "float", "city": "category", "born": "date", "seen": "datetime", "smoker": "bool"}


def spelt(node: Value | Name | Call) -> str:
    """Spell a tree with a pair of brackets for each call."""
    if isinstance(node, Value):
        return repr(node.value)
    if isinstance(node, Name):
        return node.name
    return f"({node.function} {' '.join(map(spelt, node.arguments))})"


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a + b * c - d", "(- (+ a (* b c)) d)"),
        ("-a ** 2 ** -b", "(neg (** a (** 2 (neg b))))"),
        ("not a == 1 and b or c", "(or (and (not (== a 1)) b) c)"),
        ("a not in ['x', \"y\"]", "(not (in a 'x' 'y'))"),
        ("if(a > 60, 2, b, 1, 0) % 3", "(% (if (> a 60) 2 b 1 0) 3)"),
        ("`unit price` + col('a`b') + größe", "(+ (+ unit price a`b) größe)"),
        ('date("2024-01-31") < born', "(< '2024-01-31' born)"),
        ("coalesce(a, null, -1.5e3, TRUE)", "(coalesce a None -1500.0 True)"),
        (r"'it\'s' == a", '(== "it\'s" a)'),
    ],
)
def test_what_binds_how(text: str, tree: str) -> None:
    assert spelt(parse.parse(text)) == tree


@pytest.mark.parametrize(
    ("text", "message", "hint", "place"),
    [
        ("", "the expression is empty", "write one, such as `income / members`", (0, 1)),
        ("age +", "the expression ends too early", "a value is missing at the end", (4, 1)),
        ("age income", "`income` does not fit here", "a name with blanks stands in backticks: `unit price`", (4, 6)),
        ("lgo(age)", "there is no function `lgo`", "did you mean `log`?", (0, 3)),
        ("trim(city)", "there is no function `trim`", "did you mean `strip`?", (0, 4)),
        ("(age", "`(` is not closed", "write `)` at the end", (0, 1)),
        ("age = 1", "`=` means nothing here", "did you mean `==`?", (4, 1)),
        ("age & 1", "`&` means nothing here", "did you mean `and`?", (4, 1)),
        ("1 < age < 9", "comparisons do not go on and on", "write `a < b and b < c`", (8, 1)),
        ("city in age", "`in` needs a list", 'write `city in ["Bonn", "Rome"]`', (8, 3)),
        ("age in [1, age]", "a list holds values that are written out", "", (11, 3)),
        ("age in []", "a list has 1 to 200 values", "", (7, 2)),
        ("'abc", "a text in quotes has no end", "write another ' after it", (0, 1)),
        ("`abc", "a name in backticks has no end", "write another ` after it", (0, 1)),
        ("a.b", "`.` means nothing here", "a column of such a name stands in backticks: `unit price`", (1, 1)),
        ("2nd + 1", "`2n` is no number", "a name that begins with a digit stands in backticks: `2nd visit`", (0, 2)),
        ("1e999", "`1e999` is no number", "write a number below 1e308", (0, 5)),
        (
            "9007199254740993",
            "`9007199254740993` is too large to be exact",
            "whole numbers are exact up to 9007199254740992",
            (0, 16),
        ),
        (
            "if(age, 1)",
            "`if` takes a condition, a value, and so on, and a last value: an odd number of arguments, not 2",
            "write `if(condition, a, b)`",
            (0, 10),
        ),
        ("log()", "`log` takes 1 argument, not 0", "write `log(x)`", (0, 5)),
        ("round(1, 2, 3)", "`round` takes 1 to 2 arguments, not 3", "write `round(x, 2)`", (0, 14)),
        ("date(age)", "`date` takes a text like 2030-12-31", 'write `date("2030-12-31")`', (0, 9)),
        ("col(age)", "`col` takes the name of a column", 'write `col("unit price")`', (0, 8)),
        (
            "(" * 41 + "1" + ")" * 41,
            "an expression is nested at most 40 deep",
            "derive a part of it as a column of its own",
            (40, 1),
        ),
        ("1" * 2_001, "an expression has at most 2,000 characters, this one 2,001", "divide it", (0, 1)),
        ("__import__('os')", "there is no function `__import__`", None, (0, 10)),
        ("(lambda: 1)()", "`1` does not fit here", None, None),
        ("age.__class__", "`.` means nothing here", None, (3, 1)),
        ("[x for x in age]", "`[` does not fit here", None, (0, 1)),
    ],
)
def test_what_is_no_expression(text: str, message: str, hint: str | None, place: tuple[int, int] | None) -> None:
    with pytest.raises(Fault) as caught:
        parse.parse(text)
    if message != "`1` does not fit here":  # wherever that one stops
        assert caught.value.message == message
    assert hint is None or caught.value.hint == hint
    assert place is None or (caught.value.start, caught.value.length) == place


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("age + 1", "int"),
        ("age / 2", "float"),
        ("age * income", "float"),
        ("smoker + smoker", "int"),
        ("round(income)", "int"),
        ("round(income, 1)", "float"),
        ("if(smoker, age, income)", "float"),
        ("coalesce(born, seen)", "datetime"),
        ("max(born, date('2024-01-01'))", "date"),
        ("lower(city)", "string"),
        ("length(city) > 3 and not smoker", "bool"),
        ("years_between(born, seen)", "int"),
        ("null", "null"),
        ("coalesce(null, age)", "int"),
    ],
)
def test_the_type_of_what_is_made(text: str, found: str) -> None:
    assert type_of(parse.parse(text), TYPES) == found


@pytest.mark.parametrize(
    ("text", "message", "hint", "place"),
    [
        ("aeg + 1", "there is no column `aeg`", "did you mean `age`?", (0, 3)),
        (
            "age + city",
            "`+` takes numbers, and this is a text",
            "`number(...)` reads a number out of a text",
            (6, 4),
        ),
        (
            "seen - born",
            "`-` takes numbers, and this is a date",
            "`days_between(start, end)` is the time between two dates",
            (0, 4),
        ),
        ("age and smoker", "`and` takes true or false, and this is a number", "compare it, as in `age > 60`", (0, 3)),
        ("if(age, 1, 2)", "`if` takes true or false, and this is a number", "compare it, as in `age > 60`", (3, 3)),
        ('born > "2024-01-01"', "`>` cannot hold a date and a text together", 'write `date("2024-01-01")`', (7, 12)),
        ("year(city)", "`year` takes dates, and this is a text", "declare `type: date` for the column", (5, 4)),
        ("city < 'x'", "`<` needs numbers or dates, and this is a text", "compare with `==`", (0, 4)),
        (
            "if(smoker, 1, 'x')",
            "`if` cannot hold a number and a text together",
            "`number(...)` reads a number out of a text",
            (14, 3),
        ),
        (
            "contains(city, city)",
            "`contains` takes a text in quotes here, written out",
            'write `contains(text, "part")`',
            (15, 4),
        ),
        ("prefix(city, 0)", "`prefix` takes a whole number here, written out", "write `prefix(text, 2)`", (13, 1)),
        ("-city", "`-` takes numbers, and this is a text", "`number(...)` reads a number out of a text", (1, 4)),
    ],
)
def test_what_contradicts_its_types(text: str, message: str, hint: str, place: tuple[int, int]) -> None:
    with pytest.raises(Fault) as caught:
        type_of(parse.parse(text), TYPES)
    assert (caught.value.message, caught.value.hint) == (message, hint)
    assert (caught.value.start, caught.value.length) == place


def test_a_column_whose_type_is_not_known_yet_may_be_anything() -> None:
    assert type_of(parse.parse("log(x) > y"), {"x": None}, closed=False) == "bool"
    assert type_of(parse.parse("if(x, y, z)"), {}, closed=False) == "any"


@given(name=st.text(min_size=1, max_size=20).filter(lambda name: "\n" not in name))
def test_every_name_can_be_spelled(name: str) -> None:
    assert [found.name for found in columns(parse.parse(spelling.column(name)))] == [name]


@given(text=st.text(alphabet="abi(),'\"`+-*/=<>!%[] 0129.enotrdul\\_é", max_size=40))
def test_any_text_is_an_expression_or_is_refused_in_a_sentence(text: str) -> None:
    try:
        type_of(parse.parse(text), {"a": "int", "b": "string"}, closed=False)
    except Fault as fault:
        assert fault.message
        assert "Traceback" not in fault.message
        assert 0 <= fault.start <= len(text)


def test_every_function_says_how_it_is_called() -> None:
    for name in FUNCTIONS:
        assert isinstance(parse.parse(parse.usage(name)), Call)


@pytest.mark.parametrize("module", [parse, kinds, spelling, tokens])
def test_the_examples_hold(module: object) -> None:
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]
