"""docs/predictions.md: what it shows is sent, kept, read and understood."""

from __future__ import annotations

import gzip
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mlops.bundle.prediction_log import segments
from mlops.monitor.labels import Form, read
from mlops.monitor.log import read as read_log
from mlops.monitor.new_labelled_rows import rows
from mlops.monitor.windows import Window
from mlops.operations.validate import validate
from mlops.serve.app import create
from tests.builders.bundles import make_bundle
from tests.builders.client import Client
from tests.builders.repositories import make_repository

AT = datetime.fromtimestamp(1_793_577_600, UTC)
ID = "5f2c9a0b1d3e4f60-0"  # of the page; a server's own is drawn when it starts


@pytest.fixture(scope="module")
def shown(repository: Path) -> dict[str, list[str]]:
    """The blocks of the page by their names."""
    found: dict[str, list[str]] = {}
    for name, text in re.findall(
        r"```(\w+(?: [\w-]+)?)\n(.*?)```", (repository / "docs/predictions.md").read_text(), re.DOTALL
    ):
        found.setdefault(name.split(" ")[-1], []).append(text)
    return found


@pytest.fixture(scope="module")
def served(shown: dict[str, list[str]], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """The log that the page's request left, and the answer."""
    folder = tmp_path_factory.mktemp("page")
    app = create(make_bundle(folder / "bundle"), log=folder / "log", clock=lambda: int(AT.timestamp()) * 10**9)
    answer = Client(app).post("/invocations", json=json.loads(shown["request"][0]))
    app.state.log.close()
    return folder / "log", answer


def test_the_request_is_answered_as_shown(shown: dict[str, list[str]], served: tuple[Path, Any]) -> None:
    _, answer = served
    assert answer.status_code == 200, answer.text
    (example,) = shown["answer"]
    assert answer.json().keys() == json.loads(example).keys()
    assert len(answer.json()["predictions"]) == len(json.loads(example)["predictions"])
    named = dict(line.split(": ") for line in shown["headers"][0].splitlines())
    assert named.keys() <= set(answer.headers)
    assert re.fullmatch(r"[0-9a-f]{16}-[0-9a-f]+", named["x-prediction-id"])
    assert re.fullmatch(r"[0-9a-f]{16}-[0-9a-f]+", answer.headers["x-prediction-id"])


def test_the_log_is_kept_as_shown(shown: dict[str, list[str]], served: tuple[Path, Any]) -> None:
    folder, answer = served
    (path,) = segments(folder)
    head, first, _ = (json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines())
    (example,) = (json.loads(text) for text in shown["head"])
    assert head == example | {"bundle": head["bundle"]}
    (record,) = (json.loads(text) for text in shown["record"])
    assert first == record | {"prediction_id": f"{answer.headers['x-prediction-id']}-0", "output": first["output"]}
    assert list(first) == list(record)


@pytest.mark.parametrize(("block", "key"), [("labels", "prediction_id"), ("labels-by-client", "client_id")])
def test_labels_find_their_predictions(
    shown: dict[str, list[str]], served: tuple[Path, Any], tmp_path: Path, block: str, key: str
) -> None:
    folder, answer = served
    (text,) = shown[block]
    (tmp_path / "labels.csv").write_text(text.replace(ID, answer.headers["x-prediction-id"]))
    until = datetime(2026, 12, 1, tzinfo=UTC)
    labels = read(tmp_path / "labels.csv", "labels.csv", Form("left", "bool", key=key), until)
    records = read_log([folder], Window(AT, until), answer.headers["x-bundle-digest"])
    joined = rows(records, labels, key)
    assert joined.select("visits", "left").rows() == [(3, True), (12, False)]


def test_the_settings_are_understood(shown: dict[str, list[str]], tmp_path: Path) -> None:
    root = make_repository(tmp_path)
    (root / "conf/project.yaml").write_text("name: shop\nci: {kind: none}\n")  # all that it needs is on one disk
    file = root / "conf/pipeline/churn.yaml"
    before = file.read_text()
    assert len(shown["monitor"]) == 4
    without = before.replace("  - /deploy: [local]\n", "")
    for text in (*shown["monitor"], *(f"{block}    kind: local\n" for block in shown["deploy"])):
        file.write_text(f"{without.rstrip()}\n{text}")
        found, told = validate(root, ("churn",))
        assert [finding for finding in found if finding.severity == "error"] == [], told
