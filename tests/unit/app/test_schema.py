from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest

from mlops.app.schema import FILES, schema
from mlops.spec.library import Configuration


@pytest.mark.parametrize("kind", FILES)
def test_every_schema_is_one(kind: str) -> None:
    jsonschema.Draft202012Validator.check_schema(schema(kind))


@pytest.mark.parametrize(
    ("kind", "files"),
    [("pipeline", "pipeline/*.yaml"), ("data", "data/*.yaml"), ("project", "project.yaml"), ("policy", "policy.yaml")],
)
def test_the_committed_files_match_their_schema(kind: str, files: str, repository: Path) -> None:
    configuration = Configuration(repository)
    paths = sorted((repository / "conf").glob(files))
    assert paths
    for path in paths:
        document = configuration.document(path.relative_to(repository / "conf").with_suffix("").as_posix())
        assert document is not None
        jsonschema.validate(document.value, schema(kind))


def test_a_wrong_key_does_not_match(repository: Path) -> None:
    with pytest.raises(jsonschema.ValidationError, match="colums"):
        jsonschema.validate({"colums": {}}, schema("data"))
