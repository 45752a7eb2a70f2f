"""What is no YAML is told in words of its own, at the place of the mistake and not where the parser stopped."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mlops.configuration.reading.parse import read
from mlops.configuration.reading.syntax import mistake


@pytest.mark.parametrize(
    ("text", "line", "column", "message", "hint"),
    [
        ("a: b: c", 1, 5, "a second colon on the line", 'put the text in quotes: a: "b: c"'),
        ("a: 1\nb:2\nc: 3\n", 2, 2, "no blank after the colon", "write `b: 2`"),
        ("a: 1\nb:2", 2, 2, "no blank after the colon", "write `b: 2`"),
        (
            "a: 1\n b: 2",
            2,
            2,
            "the key is indented by 1, and the line above has a value already",
            "indent it by 0 to stand beside `a`",
        ),
        (
            "a:\n  b: 1\n c: 2",
            3,
            2,
            "the line is indented by 1, as no open block above is",
            "indent it by 2 to stand beside `b`, or by 0 to stand beside `a`",
        ),
        (
            "a:\n  b: 1\n    c: {d: 2}\n",
            3,
            5,
            "the key is indented by 4, and the line above has a value already",
            "indent it by 2 to stand beside `b`",
        ),
        (
            "a:\n  b: [1]\n    c: {d: 2}\n",
            3,
            5,
            "the line is indented by 4, as no open block above is",
            "indent it by 2 to stand beside `b`, or by 0 to stand beside `a`",
        ),
        ("a:\n  - x\n - y", 3, 2, "the item is indented by 1, those above by 2", "indent it by 2"),
        ("a:\n  - b: [x]\n   - y", 3, 4, "the item is indented by 3, those above by 2", "indent it by 2"),
        ("a:\n  -b: c\n   d: e", 2, 3, "no blank after the dash", "write `- b: c`"),
        ("a:\n  -{b: c, d: e}\n", 2, 3, "no blank after the dash", "write `- {b: c, d: e}`"),
        ("a: 1\nrisk = high\n", 2, 6, "`=` stands where a colon should", "write `risk: high`"),
        ("a: {b: ${HOME}, c: 1}", 1, 8, "a reference inside `{}`", 'put it in quotes: "${HOME}"'),
        ("a: {b:, c: 1}", 1, 6, "nothing stands after the colon", "write `b: ...`"),
        ("a: “b: c”", 1, 6, "a second colon on the line", 'put the text in quotes: a: "b: c"'),
        ('a: ["b, c]\nd: 1', 1, 5, "the quote is never closed", 'close it: "b"'),
        ("a: 'b\"\nc: 1", 1, 4, "the quote is never closed", "close it: 'b'"),
        ('a: "x\nb: 1', 1, 4, "the quote is never closed", 'close it: "x"'),
        ('a: "x\nb: "y"\n', 1, 4, "the quote is never closed", 'close it: "x"'),
        ("a: [1, 2\nb: 3", 1, 4, "`[` is never closed", "close it with `]`"),
        ("a: [1, 2", 1, 4, "`[` is never closed", "close it with `]`"),
        ("a: !b%", 1, 4, "a text cannot begin with `!`", 'put it in quotes: "!b%"'),
        ("a: :", 1, 4, "a second colon on the line", 'put the text in quotes: a: ":"'),
        (
            "a: [1,\n  b: c: d]",
            2,
            7,
            "a second colon inside `[]`",
            "put the text in quotes, or each pair in { } of its own",
        ),
        ("a: {b: 1\nc: 2", 1, 4, "`{` is never closed", "close it with `}`"),
        ("a: [1, , 2]", 1, 8, "nothing stands before the comma", "remove the comma, or write a value"),
        (
            "a: - b",
            1,
            4,
            "an item of a list on the line of its key",
            "write `a: [b]`, or the item on a line of its own",
        ),
        ("owners: @me", 1, 9, "a text cannot begin with `@`", 'put it in quotes: "@me"'),
        ("owners: [@me, @b]", 1, 10, "a text cannot begin with `@`", 'put it in quotes: "@me"'),
        ("a: `x`", 1, 4, "a text cannot begin with a backtick", 'put it in quotes: "`x`"'),
        ("a: %x", 1, 4, "a text cannot begin with `%`", 'put it in quotes: "%x"'),
        (
            'a: "C:\\data\\x.csv"',
            1,
            7,
            "a backslash in double quotes begins an escape, such as \\n",
            "write a path with /, or the text in single quotes: 'C:\\data\\x.csv'",
        ),
        ("path: *.csv", 1, 7, "a text cannot begin with `*`", 'put it in quotes: "*.csv"'),
        (
            'a: "x" y',
            1,
            8,
            "text goes on after the closing quote",
            'put the whole in single quotes, or write the quote inside as \\"',
        ),
        (
            "a: | text",
            1,
            4,
            "`|` announces a text on the lines below, and something follows it",
            'put it in quotes: "| text"; or write the text below, indented',
        ),
        ("a: 1\n%x", 2, 1, "a text cannot begin with `%`", 'put it in quotes: "%x"'),
        (
            "- a\nb: 1",
            2,
            1,
            "a key stands where the items of a list begin",
            "indent it by 2 if it belongs to the item above, or begin it with `- `",
        ),
        (
            "b: 1\n- a",
            2,
            1,
            "an item of a list among keys",
            "indent it below the key that it belongs to, or begin line 1 with `- ` too",
        ),
        ("a: !foo!x 1", 1, 4, "a text cannot begin with `!`", 'put it in quotes: "!foo!x 1"'),
        ("a: !x,y 1", 1, 4, "a text cannot begin with `!`", 'put it in quotes: "!x,y 1"'),
        (
            "key\nb: 1",
            1,
            1,
            "no colon after `key`",
            "write `key: ...`; a text of several lines is indented deeper than its key",
        ),
        (
            "a: 1\nkey\nb: 1",
            2,
            1,
            "no colon after `key`",
            "write `key: ...`; a text of several lines is indented deeper than its key",
        ),
        ("a: it's: x", 1, 8, "a second colon on the line", 'put the text in quotes: a: "it\'s: x"'),
        (
            "a: 'it's'",
            1,
            8,
            "text goes on after the closing quote",
            "put the whole in double quotes, or write the quote inside twice: ''",
        ),
        ("a: [b: c: d]", 1, 9, "a second colon inside `[]`", "put the text in quotes, or each pair in { } of its own"),
        ("a: }", 1, 4, "`}` closes nothing", "remove it, or put the text in quotes"),
        ("a: ]", 1, 4, "`]` closes nothing", "remove it, or put the text in quotes"),
        (
            "? a\nb",
            2,
            1,
            "no colon after `b`",
            "write `b: ...`; a text of several lines is indented deeper than its key",
        ),
        ("a: ,x", 1, 4, "a text cannot begin with `,`", 'put it in quotes: ",x"'),
        (
            "gates:\n- metric: auroc\n   at_least: 0.7",
            3,
            4,
            "the key is indented by 3, and the line above has a value already",
            "indent it by 2 to stand beside `metric`",
        ),
        (
            "gates:\n- metric: auroc\n at_least: 0.7",
            3,
            2,
            "the line is indented by 1, as no open block above is",
            "indent it by 2 to stand beside `metric`",
        ),
        (
            "gates:\n  - metric: auroc\n  at_least: 0.7",
            3,
            3,
            "a key stands where the items of a list begin",
            "indent it by 4 if it belongs to the item above, or begin it with `- `",
        ),
        ("a: {b: 1}}", 1, 10, "`}` closes nothing", "remove it"),
        (
            "a:\n  b: 1\n   c: 2",
            3,
            4,
            "the key is indented by 3, and the line above has a value already",
            "indent it by 2 to stand beside `b`",
        ),
        (": x", 1, 1, "nothing stands before the colon", "write a key: `KEY: value`"),
        ('a: "b": c', 1, 7, "a second colon on the line", "put the text in quotes: a: '\"b\": c'"),
        ("...", 1, 1, "a text cannot begin with `.`", 'put it in quotes: "..."'),
        ("a: 1\n...\nb: 2", 3, 1, "a file holds one document", "remove `...`, and lines that begin with %"),
        ("a: *", 1, 4, "a text cannot begin with `*`", 'put it in quotes: "*"'),
        ("%YAML 1.1\na: 1", 2, 1, "a file holds one document", "remove `...`, and lines that begin with %"),
        (
            "a: |9\n x",
            2,
            2,
            "the line is indented by 1, as no open block above is",
            "indent it by 0 to stand beside `a`",
        ),
        ("a: \x07", 1, 4, "the character U+0007 is not allowed", "remove it"),
        (
            "a: {a: 1 b: 2}",
            1,
            11,
            "a second colon inside `{}`",
            "divide pairs by commas; put a text with a colon in quotes",
        ),
        (
            "description: Who leaves: and why?",
            1,
            24,
            "a second colon on the line",
            'put the text in quotes: description: "Who leaves: and why?"',
        ),
        ("time: 10:30: x", 1, 12, "a second colon on the line", 'put the text in quotes: time: "10:30: x"'),
        (
            'a: "\\x1"',
            1,
            7,
            "a backslash in double quotes begins an escape, such as \\n",
            "write a path with /, or the text in single quotes: '\\x1'",
        ),
        ("a: 'x\nb: 1\n", 1, 4, "the quote is never closed", "close it: 'x'"),
    ],
)
def test_a_mistake_is_told_where_it_was_made(text: str, line: int, column: int, message: str, hint: str) -> None:
    with pytest.raises(yaml.YAMLError) as caught:
        list(yaml.parse(text, Loader=yaml.CSafeLoader))
    found = mistake(text, caught.value)
    assert (found.line, found.column, found.message, found.hint) == (line, column, message, hint)
    assert found.length >= 1


SIGNS = st.sampled_from([*":-[]{}\"'#&*!|>%@` \n,?\\", "\x85", "\u2028", "  ", "\n  ", ": "])
LINES = "defaults:\n  - /data: x\nowners: ['@a', \"@b\"]\ngates:\n  - {metric: auroc, by: a}\n  - - b\n"


@given(st.lists(st.tuples(st.integers(0, len(LINES)), SIGNS), min_size=1, max_size=4))
def test_whatever_is_put_into_a_file_is_told_in_lines_that_it_has(slips: list[tuple[int, str]]) -> None:
    text = LINES
    for place, sign in slips:
        text = text[:place] + sign + text[place:]
    document = read("f.yaml", text.encode())
    assert [found for found in document.diagnostics if not 1 <= found.position.line <= text.count("\n") + 3] == []
    assert [found for found in document.diagnostics if "it is not YAML" in found.message] == []


def test_a_blank_that_is_no_space_is_told_where_it_would_be_part_of_a_key() -> None:
    (told,) = read("conf/x.yaml", "a: |\n  \u3000one\nb:\n\u00a0 c: 2\n".encode()).diagnostics
    assert (told.position.line, told.position.column) == (4, 1)
    assert told.message == "a blank that is no space, U+00A0"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: |\n  \u3000one\n\n  \u3000two", "\u3000one\n\n\u3000two"),
        ("a: >\n  \u3000one\nb: 1\n", "\u3000one\n"),
        ('a: "one\n  \u00a0two"\n', "one \u00a0two"),
    ],
    ids=["block", "folded", "quotes"],
)
def test_in_a_text_such_a_blank_begins_a_paragraph(text: str, value: str) -> None:
    document = read("conf/x.yaml", text.encode())
    assert document.diagnostics == ()
    assert document.root is not None
    assert document.root.children["a"].value == value
