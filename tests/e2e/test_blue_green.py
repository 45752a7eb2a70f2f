"""Releases and rollbacks behind HAProxy: by the release files (docs/howto/blue-green.md), and under load."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from mlops.cli.main import run
from mlops.operations.compiling.compile import compile_files
from mlops.operations.workspace import open_workspace
from tests.builders.asked import Ledger, asking
from tests.builders.behind import MISSING, WHY, behind, named, said
from tests.builders.quick_yaml import dump
from tests.builders.released import Shop, make_released
from tests.builders.repositories import BASE, commit

pytestmark = [pytest.mark.slow, pytest.mark.tools, pytest.mark.skipif(MISSING, reason=WHY)]
REQUESTS, SWITCHES = 100_000, 10


def test_a_hundred_thousand_requests_through_ten_releases_and_rollbacks(tmp_path: Path) -> None:
    with behind(tmp_path) as made:
        made.switch(0)
        with asking(made.address, made.bundles, named(made)) as clients:
            made.switch_meanwhile(clients, SWITCHES, REQUESTS)
            clients.finish(REQUESTS)
    assert (clients.failed, clients.latest) == ([], 0.0)
    assert clients.answered >= REQUESTS
    assert min(clients.by.values()) > SWITCHES


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A repository whose pipeline is served behind HAProxy, and whose first bundle is live."""
    shop = make_released(tmp_path, registered=False)
    shutil.copytree(BASE / "conf", shop.root / "conf", dirs_exist_ok=True)
    shutil.copytree(BASE / "pipelines/churn/data", shop.root / "pipelines/tiny/data")
    text = (shop.root / "conf/pipeline/churn.yaml").read_text()
    (shop.root / "conf/pipeline/churn.yaml").unlink()
    (shop.root / "conf/pipeline/tiny.yaml").write_text(text + dump({"deploy": {"local": said()}}))
    compile_files(open_workspace(shop.root))
    shop.say("prod", shop.first)
    monkeypatch.chdir(shop.root)
    return shop


def test_the_release_file_says_who_takes_over(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    def typed(*words: str) -> Any:
        assert run(["serve", "tiny", "--env", "prod", *words, "-o", "json"]) == 0
        return json.loads(capsys.readouterr().out)

    compiled = shop.root / "pipelines/tiny/deploy/local/haproxy.cfg"
    text = compiled.read_text()
    port = int(next(line for line in text.splitlines() if line.startswith("  bind ")).rpartition(":")[2])
    bundles = [shop.store().get(digest) for digest in (shop.first, shop.second)]
    try:
        started = {"schema_version": 1, "bundle": shop.first, "before": None, "server": "blue"}
        assert typed("--switch") == {**started, "state": "started", "rows": 8, "cut": 0}
        ledger = Ledger()
        ledger.name(shop.first)
        with asking(("127.0.0.1", port), bundles, ledger) as clients:
            clients.until(100)
            shop.say("prod", shop.second)
            with ledger.switching(shop.first, shop.second):
                assert typed("--switch")["state"] == "switched"
            clients.until(clients.answered + 100)
            assert run(["rollback", "tiny", "--env", "prod"]) == 0
            commit(shop.root, "Roll back")
            capsys.readouterr()
            with ledger.switching(shop.second, shop.first):
                assert typed("--switch")["bundle"] == shop.first
            clients.until(clients.answered + 100)
            assert typed("--switch")["state"] == "in sync"
            compiled.write_text(f"{text}\n")
            assert run(["serve", "tiny", "--env", "prod", "--switch"]) == 3
            told = capsys.readouterr().err.splitlines()
            assert told[-2:] == [
                "pipelines/tiny/deploy/local/haproxy.cfg is not what the YAML says",
                "hint: mlops compile, and commit it",
            ]
            compiled.write_text(text)
        assert (clients.failed, clients.latest, set(clients.by)) == ([], 0.0, {shop.first, shop.second})
    finally:
        (shop.root / "conf/pipeline/tiny.yaml").write_text("task: binary\n")  # whatever it says by now
        ended = typed("--stop")
    assert ended == {"schema_version": 1, "servers": ["blue"]}
    assert run(["serve", "tiny", "--env", "staging", "--stop"]) == 4
    assert capsys.readouterr().err == (
        "nothing of tiny was started in staging by --switch\nhint: --env names another\n"
    )


def test_what_does_not_go_together_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["--switch", "--stop"], ["--switch", "--port", "1"], ["--stop", "--check"]):
        assert run(["serve", "tiny", *words]) == 4
        said = capsys.readouterr().err
        assert "--switch, or --stop, goes by `deploy:` of NAME alone: leave all but --env away" in said
