"""References: code by name, imported when it is called."""

from __future__ import annotations

import re

import pytest

from mlops.errors import ConfigurationError
from mlops.kinds.reference import load, reference


def test_a_function_has_a_name_and_the_name_leads_to_it() -> None:
    assert reference(re.escape) == "re:escape"
    assert load("re:escape") is re.escape


@pytest.mark.parametrize(
    "text", ["re", "re:", ":escape", "re:escape()", "re:a.b", "os.system", "..re:escape", "re :escape"]
)
def test_what_names_no_function_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        load(text)
    assert (str(error.value), error.value.hint) == (f"`{text}` names no function", "write `package.module:function`")


def test_a_function_without_a_name_of_its_own_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="names no function"):
        reference(lambda: None)


def test_a_name_that_leads_nowhere_is_said() -> None:
    with pytest.raises(ConfigurationError) as error:
        load("re:nowhere")
    assert (str(error.value), error.value.hint) == (
        "there is no `nowhere` in `re`",
        "correct the reference `re:nowhere`",
    )
