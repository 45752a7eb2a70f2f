from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops.bundle import tokenizer
from mlops.bundle.tokenizer import tokens, words

GOLDEN = json.loads(Path(__file__).with_name("tokens.json").read_text(encoding="utf-8"))
CHARACTERS = 0x110000


@pytest.mark.parametrize("case", GOLDEN["texts"], ids=lambda case: case["why"])
def test_a_text_has_the_tokens_that_it_has_everywhere(case: dict[str, object]) -> None:
    ngrams = tuple(case["ngrams"])  # type: ignore[arg-type]  # two numbers
    assert tokens(str(case["text"]), case["unit"], ngrams) == case["tokens"]  # type: ignore[arg-type]  # a unit


def test_what_becomes_of_each_character_never_changes() -> None:
    """Of the first plane here; of all of Unicode in the slow test below."""
    assert _digest(0x3000) == GOLDEN["digests"]["3000"]


@pytest.mark.slow
def test_what_becomes_of_all_characters_never_changes() -> None:
    assert _digest(CHARACTERS) == GOLDEN["digests"]["110000"]


def _digest(count: int) -> str:
    folded, classes = tokenizer._Folded(), tokenizer._Classes()
    made = "".join(f"{folded[code]}{classes[code]}\0" for code in range(count))
    return hashlib.sha256(made.encode("utf-8", "surrogatepass")).hexdigest()


@pytest.mark.slow
def test_the_locale_says_nothing() -> None:
    code = "from mlops.bundle.tokenizer import words; print(words('TITLE I'))"
    env = {"LC_ALL": "tr_TR.UTF-8", "PATH": "/usr/bin:/bin"}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['title', 'i']"


PLAIN = st.text(st.characters(max_codepoint=127), max_size=60)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(PLAIN, st.integers(1, 3), st.integers(0, 2))
def test_plain_texts_have_the_tokens_of_scikit_learn(text: str, fewest: int, more: int) -> None:
    from sklearn.feature_extraction.text import CountVectorizer

    ngrams = (fewest, fewest + more)
    plain = text.replace("_", " ")  # a letter to a regular expression, a sign to Unicode
    spoken = CountVectorizer(ngram_range=ngrams, token_pattern=r"(?a)\w+").build_analyzer()
    assert tokens(plain, "words", ngrams) == spoken(plain)
    spelt = CountVectorizer(ngram_range=ngrams, analyzer="char_wb").build_analyzer()
    apart = " ".join(words(plain))
    assert tokens(plain, "chars", ngrams) == spelt(apart)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=40))
def test_spelling_says_nothing(text: str) -> None:
    import unicodedata

    found = words(text)
    assert words(unicodedata.ucd_3_2_0.normalize("NFD", text)) == found
    assert words(" ".join(found)) == found
    assert all(word.strip() == word != "" for word in found)
