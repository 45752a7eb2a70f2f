"""Words of other tools lead to words that are there."""

from __future__ import annotations

import doctest
import json
import re

from mlops import diagnostics, synonyms
from mlops.cli.main import VERBS
from mlops.configuration.pipeline import Pipeline
from mlops.models import MODELS


def test_the_examples_hold() -> None:
    assert doctest.testmod(synonyms).failed == doctest.testmod(diagnostics).failed == 0


def test_a_word_of_another_tool_leads_to_one_that_is_there() -> None:
    schema = Pipeline.model_json_schema()
    keys = {key for block in (schema, *schema["$defs"].values()) for key in block.get("properties", {})}
    text = json.dumps(schema)
    choices = {value for listed in re.findall(r'"enum": (\[[^]]*\])', text) for value in json.loads(listed)}
    assert [name for name in synonyms._HERE if name not in {*VERBS, *MODELS, *keys, *choices}] == []


def test_a_word_that_is_there_is_no_other_tools() -> None:
    assert [word for others in synonyms._HERE.values() for word in others.split() if word in VERBS] == []
