from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlops.blocks.limits import Limits
from mlops.errors import ConfigurationError, InfrastructureError
from mlops.serve.access import read_token
from mlops.serve.server import Exposure, prepare
from tests.builders.bundles import make_bundle
from tests.builders.served import served

if TYPE_CHECKING:
    from pathlib import Path

TOKEN = "a-token-of-a-test-only"
HINT = 'one is made by: python3 -c "import secrets; print(secrets.token_urlsafe(32))"'


def test_only_who_brings_the_token_is_answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVE_TOKEN", TOKEN)
    with served(make_bundle(tmp_path / "bundle"), token_from="SERVE_TOKEN") as running:
        for path in ("/schema", "/version", "/metrics", "/nowhere", "//ping", "/ping/", "/v2", "/openapi.json"):
            status, headers, body = running.ask(path)
            assert (status, headers["www-authenticate"]) == (401, "Bearer")
            assert body.startswith(b'{"error_code": "UNAUTHENTICATED"')
        good = f"authorization: Bearer {TOKEN}"
        assert running.ask("/version", good)[0] == 200
        assert running.ask("/version", good, good)[0] == 401
        for wrong in (TOKEN, f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", "Bearer ", "Basic eDp5"):
            assert running.ask("/version", f"authorization: {wrong}")[0] == 401
        probes = ("/ping", "/health", "/v2/health/live", "/v2/health/ready")
        assert [running.ask(path)[0] for path in probes] == [200] * 4  # a probe has no token


def test_a_token_may_be_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    assert read_token(f"file://{tmp_path}/token") == TOKEN


def test_where_there_is_no_token_it_says_where_it_looked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SERVE_TOKEN", raising=False)
    with pytest.raises(InfrastructureError) as absent:
        read_token("SERVE_TOKEN")
    message = "the token of the server is to be in the environment variable SERVE_TOKEN, and nothing is there"
    assert (absent.value.message, absent.value.hint) == (message, HINT)
    with pytest.raises(InfrastructureError) as unread:
        read_token(f"file://{tmp_path}/none")
    message = f"the token of the server cannot be read from {tmp_path}/none: No such file or directory"
    assert unread.value.message == message


def test_a_short_token_is_none_and_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVE_TOKEN", "hunter2")
    with pytest.raises(ConfigurationError) as caught:
        read_token("SERVE_TOKEN")
    message = "the token in the environment variable SERVE_TOKEN has 7 characters: fewer than 16 can be guessed"
    assert (caught.value.message, caught.value.hint) == (message, HINT)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "model.example"])
def test_a_host_that_others_reach_asks_who_they_are(tmp_path: Path, host: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        prepare(tmp_path / "nothing is read", host)
    assert caught.value.message == f"whoever reaches {host} may ask the model, and read its schema"
    assert caught.value.hint == (
        "mlops serve --token-from NAME, an environment variable that holds a token; or --behind proxy, "
        "where a proxy says who may ask"
    )
    assert Exposure(host, behind="proxy").token() is None


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_loopback_asks_nobody_and_does_not_drain(host: str) -> None:
    assert Exposure(host).token() is None
    assert Exposure(host).drain(Limits()) == 0
    assert Exposure(host, behind="proxy").drain(Limits()) == 5
    assert Exposure(host).drain(Limits(drain_seconds=1)) == 1
