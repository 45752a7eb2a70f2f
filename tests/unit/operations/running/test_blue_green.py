"""Two servers in turn behind HAProxy: who asks sees no move, and what cannot prove itself never gets a request."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mlops.blocks.limits import Limits
from mlops.errors import ConfigurationError, InfrastructureError, IntegrityError, MlopsError, StaleError
from mlops.operations.running import blue_green, haproxy
from mlops.operations.running.blue_green import Switched, stop, switch
from mlops.targets.local import SERVERS, BlueGreen
from tests.builders.asked import asking
from tests.builders.behind import MISSING, WHY, Behind, behind, named, said, site_in
from tests.builders.disk import refusing
from tests.builders.served import answer, invocation, request
from tests.builders.waiting import CEILING, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.skipif(MISSING, reason=WHY)]
REQUESTS = 20_000


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    """A site that serves its first bundle before each test, and whatever a test left is repaired by a switch."""
    with behind(tmp_path_factory.mktemp("blue-green")) as made:
        made.switch(0)
        yield made


def ask(made: Behind, message: bytes | None = None) -> str:
    """Ask over a connection of its own; give the digest of the bundle that answered."""
    with socket.create_connection(made.address, CEILING) as client:
        client.sendall(message or invocation(made.bundles[0]))
        status, headers, _ = answer(client)
    assert status == 200
    return headers["x-bundle-digest"]


def failing(act: Callable[[], object], kind: type[MlopsError]) -> tuple[str, str]:
    with pytest.raises(kind) as caught:
        act()
    return caught.value.message, caught.value.hint


def test_twenty_thousand_requests_through_releases_and_rollbacks(running: Behind) -> None:
    """What is refused meanwhile changes nothing for those who ask."""
    damaged = running.site.folder.parent / "damaged"
    shutil.copytree(running.bundles[1], damaged)
    (damaged / "profile.json").write_text("{}\n")
    with asking(running.address, running.bundles, named(running)) as clients:
        running.switch_meanwhile(clients, 2, REQUESTS)
        message, _ = failing(lambda: switch(running.of(damaged), running.contents(1)), IntegrityError)
        with socket.create_server(("127.0.0.1", running.site.port("green"))):
            taken = failing(lambda: running.switch(1), InfrastructureError)
        with refusing(running.site.folder / "green.log", errno.ENOSPC):
            full = failing(lambda: running.switch(1), InfrastructureError)
        clients.finish(REQUESTS)
    assert (clients.failed, clients.latest) == ([], 0.0)
    assert clients.answered >= REQUESTS
    assert len(clients.by) == 2
    stays = f"; blue goes on serving {running.contents(0).digest[:19]}…"
    assert message.startswith("green did not start: ")
    assert "1 of its files differ: profile.json" in " ".join(message.split())
    assert message.endswith(stays)
    port = running.site.port("green")
    assert taken == (
        f"cannot listen on 127.0.0.1:{port}: Address already in use{stays}",
        "choose other `ports`, or end who listens there",
    )
    assert full == (
        f"{running.site.folder}/green.log: No space left on device{stays}",
        "make room on the disk, then run this again",
    )


def test_whoever_has_not_proven_itself_gets_no_request_though_nobody_else_answers(
    running: Behind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither while it starts, nor after a switch that was ended before it had asked."""

    def ended(*_: object) -> None:
        raise KeyboardInterrupt

    running.site.process(running.switch(0).server).end(0.0)
    with monkeypatch.context() as patched:
        patched.setattr(blue_green, "ask_golden", ended)
        with pytest.raises(KeyboardInterrupt):
            running.switch(1)
    assert running.site.proxy.serving() == ()
    done = running.switch(1)
    assert (done.state, done.rows, ask(running)) == ("started", 8, running.contents(1).digest)


@pytest.mark.tools
def test_a_switch_that_dies_at_any_step_is_finished_by_the_next(running: Behind) -> None:
    class Died(BaseException):
        pass

    def dying(step: str) -> Callable[[str], None]:
        def told(line: str) -> None:
            if step in line:
                raise Died

        return told

    first = running.switch(0).server
    with pytest.raises(Died):
        running.switch(1, told=dying("answers its golden rows"))
    assert ask(running) == running.contents(0).digest
    done = running.switch(1, told=dying("starts with"))  # it runs, and is not started again
    assert (done.state, ask(running)) == ("switched", running.contents(1).digest)
    with pytest.raises(Died):
        running.switch(0, told=dying("has taken over"))
    done = running.switch(0)
    assert (done.state, done.server, ask(running)) == ("in sync", first, running.contents(0).digest)
    assert not running.site.process(next(name for name in SERVERS if name != first)).alive()


def test_a_haproxy_that_was_killed_is_started_anew_and_finds_who_serves(running: Behind) -> None:
    serving = running.switch(0).server
    os.kill(int((running.site.folder / "haproxy.pid").read_text()), signal.SIGKILL)
    wait_until(lambda: not running.site.proxy.process.alive())
    assert (running.site.folder / "haproxy.sock").exists()
    told: list[str] = []
    assert running.switch(0, told=told.append) == Switched(
        running.contents(0).digest, running.contents(0).digest, serving, "in sync", 0
    )
    assert told == [f"HAProxy listens on 127.0.0.1:{running.site.target.port}"]
    assert ask(running) == running.contents(0).digest


@pytest.mark.tools
def test_a_server_that_was_killed_and_one_of_other_limits_are_replaced(running: Behind) -> None:
    serving = running.switch(0).server
    running.site.process(serving).end(0.0)
    done = running.switch(0)
    assert (done.before, done.state, ask(running)) == (None, "started", done.bundle)
    target = running.site.target.model_copy(update={"limits": Limits(rows=7)})
    changed = replace(running, site=replace(running.site, target=target))
    after = changed.switch(0)
    assert (after.state, after.before, after.server != done.server) == ("switched", after.bundle, True)


@pytest.mark.tools
def test_a_request_that_takes_too_long_is_cut_off_and_counted(running: Behind) -> None:
    running.switch(0)
    quick = running.site.target.model_copy(
        update={"blue_green": BlueGreen(ports=running.site.pair.ports, drain_seconds=0)}
    )
    body = invocation(running.bundles[0])
    with socket.create_connection(running.address, CEILING) as client:
        client.sendall(body[:-1])
        wait_until(lambda: sum(map(running.site.proxy.under_way, ("blue", "green"))) == 1)
        done = replace(running, site=replace(running.site, target=quick)).switch(1)
        assert done.cut == 1
        assert done.told.endswith("8 golden rows answered as expected; 1 request of the one before took too long")
    assert ask(running) == running.contents(1).digest


def test_without_haproxy_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(haproxy, "_PLACES", ())
    monkeypatch.setenv("PATH", str(tmp_path))
    site = site_in(tmp_path, said())
    assert failing(site.proxy.ensure, InfrastructureError) == (
        "`blue_green` needs HAProxy, which is not installed",
        "apt-get install haproxy, or brew install haproxy",
    )


@pytest.mark.tools
def test_the_token_is_asked_for_and_brought(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASK", "a-token-of-some-length")
    with behind(tmp_path, seeds=(1,), auth={"token_from": "ASK"}) as made:
        site = replace(made.of(made.bundles[0]), command=(*made.of(made.bundles[0]).command, "--token-from", "ASK"))
        assert switch(site, made.contents(0)).state == "started"
        with socket.create_connection(made.address, CEILING) as client:
            client.sendall(request("GET", "/version"))
            assert answer(client)[0] == 401


@pytest.mark.parametrize("token", ["a-token-of-some-length\nand another line", "ein-Schlüssel-von-Länge"])
def test_a_token_that_no_request_can_bring_is_said(token: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASK", token)
    site = site_in(tmp_path, said(auth={"token_from": "ASK"}))
    assert failing(lambda: site.headers, ConfigurationError) == (
        "the token that ASK names fits no header: nobody could bring it",
        "make it one line of letters, digits, hyphens and underscores",
    )


def test_what_haproxy_cannot_be_told_is_said(running: Behind) -> None:
    running.switch(0)
    again = "mlops serve NAME --stop, then --switch again: requests in between are refused"
    folder, compiled = running.site.folder, running.site.compiled
    text = compiled.read_text()
    compiled.write_text(f"{text}# other\n")
    stale = failing(lambda: running.switch(1), StaleError)
    assert stale == (f"HAProxy runs by an earlier text of {compiled}", again)
    compiled.write_text(text)
    (folder / "haproxy.sock").unlink()
    gone = f"HAProxy (in {folder}) does not answer at its runtime socket: no such file or directory"
    assert failing(lambda: running.switch(1), InfrastructureError) == (gone, again)
    assert ask(running) == running.contents(0).digest
    assert len(stop(running.site.folder).servers) == 1
    with pytest.raises(ConnectionRefusedError):
        ask(running)
    assert stop(running.site.folder).servers == ()
    with socket.create_server(running.address):
        message, hint = failing(lambda: running.switch(0), InfrastructureError)
    assert message.startswith("HAProxy did not start: ")
    assert "Address already in use" in message
    assert hint == "choose another `port`, or end who listens there"
