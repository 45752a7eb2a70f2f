"""A server that follows a place (docs/howto/follow.md): what it believes and refuses; no request is lost."""

from __future__ import annotations

import gzip
import http.server
import json
import shutil
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from mlops.bundle.prediction_log import segments
from mlops.configuration.signers import Signer
from mlops.documents.live import FILE, FOLDER, LivePointer
from mlops.errors import ConfigurationError, InfrastructureError, IntegrityError
from mlops.files.canonical import digest_file
from mlops.files.readable_place import open_readable
from mlops.operations.live.pointer import believing, spell
from mlops.operations.live.signed import Signers
from mlops.operations.running.follow import _following
from mlops.serve import process
from mlops.serve.app import create
from mlops.serve.door import Door
from mlops.serve.follower import Followed, Follower
from mlops.serve.following import Following
from mlops.serve.seat import Board, Seat
from mlops.serve.server import prepare
from tests.builders.bundles import make_bundle
from tests.builders.served import answer, invocation, request
from tests.builders.signing import private_key, public_key
from tests.builders.waiting import CEILING, wait_until

SIGNERS = Signers({"main": Signer(key=public_key())})


class Place:
    """A place that `mlops reconcile` writes, with two bundles."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bundles = [make_bundle(folder.parent / f"bundle-{seed}", seed=seed) for seed in (1, 2)]
        self.digests = [digest_file(bundle / "manifest.json") for bundle in self.bundles]
        for bundle, digest in zip(self.bundles, self.digests, strict=True):
            shutil.copytree(bundle, folder / FOLDER / digest.removeprefix("sha256:"))

    def say(self, which: int, sequence: int, *, key: int = 1, **more: Any) -> LivePointer:
        said = {"environment": "prod", "pipeline": "tiny", "commit": "0" * 40} | more
        pointer = LivePointer(schema_version=1, bundle=self.digests[which], sequence=sequence, **said)
        (self.folder / "tiny").mkdir(exist_ok=True)
        (self.folder / "tiny" / FILE).write_bytes(spell(pointer, private_key(key)))
        return pointer

    def follower(self, keep: str = "keep", environment: str | None = "prod") -> Follower:
        place = open_readable(f"file://{self.folder}")
        return Follower(place, "tiny", believing(SIGNERS, "tiny", environment), self.folder.parent / keep)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path / "place")


def test_the_first_bundle_is_the_one_that_the_place_says(place: Place) -> None:
    pointer = place.say(0, 5)
    follower = place.follower()
    found, warning = follower.begin()
    assert (found.pointer, warning) == (pointer, "")
    assert digest_file(found.folder / "manifest.json") == place.digests[0]
    follower.take(found)
    assert follower.look() is None


@pytest.mark.parametrize(
    ("which", "sequence", "more", "said"),
    [
        (1, 4, {}, "live.json goes back: number 4 comes before 5, which was served already"),
        (1, 5, {}, "live.json has number 5 again, for something else"),
        (1, 6, {"key": 2}, "none of the keys that count signed it"),
        (1, 6, {"environment": "staging"}, "live.json is of tiny in staging, not of tiny in prod"),
        (1, 6, {"pipeline": "other"}, "live.json is of other in prod, not of tiny in prod"),
    ],
)
def test_a_pointer_that_is_not_to_be_believed_is_refused_once(
    which: int, sequence: int, more: dict[str, Any], said: str, place: Place
) -> None:
    place.say(0, 5)
    follower = place.follower()
    follower.take(follower.begin()[0])
    place.say(which, sequence, **more)
    with pytest.raises(IntegrityError) as caught:
        follower.look()
    assert caught.value.message.startswith(said)
    assert follower.look() is None  # the same bytes are not told again
    place.say(1, 7)
    found = follower.look()
    assert found is not None
    assert found.pointer.bundle == place.digests[1]


def test_what_was_served_is_not_gone_behind_after_a_restart(place: Place) -> None:
    place.say(0, 5)
    follower = place.follower()
    follower.take(follower.begin()[0])
    place.say(1, 4)
    again = place.follower()
    found, warning = again.begin()
    assert (found.pointer.sequence, found.pointer.bundle) == (5, place.digests[0])
    said = "number 4 comes before 5, which was served already; what was served here before is served"
    assert warning == f"live.json goes back: {said}"
    with pytest.raises(IntegrityError, match=r"^live\.json is of tiny in prod, not of tiny in staging$"):
        place.follower(environment="staging").begin()


def test_what_was_served_and_is_damaged_since_is_fetched_again(place: Place) -> None:
    place.say(0, 5)
    follower = place.follower()
    found, _ = follower.begin()
    follower.take(found)
    (found.folder / "model.onnx").write_bytes(b"")
    again, warning = place.follower().begin()
    assert (again.pointer, warning) == (found.pointer, "")
    assert (again.folder / "model.onnx").read_bytes() == (place.bundles[0] / "model.onnx").read_bytes()


def test_a_bundle_whose_bytes_are_others_is_refused(place: Place) -> None:
    place.say(0, 1)
    folder = place.folder / FOLDER / place.digests[0].removeprefix("sha256:")
    (folder / "schema.json").write_bytes((folder / "schema.json").read_bytes().replace(b"age", b"AGE"))
    with pytest.raises(IntegrityError) as caught:
        place.follower().begin()
    said = f"schema.json of the bundle {place.digests[0][:19]}… has other bytes than when it was made"
    assert caught.value.message == f"file://{place.folder}: {said}"
    (folder / "manifest.json").write_bytes(b"{}")
    with pytest.raises(IntegrityError) as caught:
        place.follower().begin()
    assert caught.value.message.endswith(f"manifest.json is not that of {place.digests[0][:19]}…")
    shutil.rmtree(folder)
    with pytest.raises(InfrastructureError) as missing:
        place.follower().begin()
    assert missing.value.message.endswith(f"lacks manifest.json of the bundle {place.digests[0][:19]}…")


def test_a_place_that_says_nothing_is_told_with_what_writes_it(place: Place) -> None:
    with pytest.raises(InfrastructureError) as caught:
        place.follower().begin()
    assert caught.value.message == f"file://{place.folder}: there is no tiny/live.json"
    assert caught.value.hint == "`mlops reconcile` writes it where an environment says `publish:`"
    (place.folder / "tiny").mkdir()
    (place.folder / "tiny" / FILE).write_text("{}")
    with pytest.raises(IntegrityError, match=r"^it is no signed envelope \(DSSE\)$"):
        place.follower().begin()


def test_whose_signature_counts_is_said_by_somebody() -> None:
    with pytest.raises(ConfigurationError) as caught:
        believing(Signers(), "tiny", None)
    assert caught.value.message == "nothing says whose signature on live.json counts: no signer has a `key`"
    pointer = LivePointer(
        schema_version=1, environment="prod", pipeline="tiny", bundle=f"sha256:{'0' * 64}", sequence=1, commit="0" * 40
    )
    for signer, said in (
        ({"revoked": True}, "which is revoked"),
        ({"not_after": "2020-01-01"}, "counted until 2020-01-01"),
    ):
        signers = Signers({"main": Signer(key=public_key(), **signer)})
        with pytest.raises(IntegrityError, match=said):
            believing(signers, "tiny", None, lambda: date(2026, 11, 30))(spell(pointer, private_key()))


@contextmanager
def web(folder: Path) -> Iterator[str]:
    """Serve a folder over HTTP."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(CEILING)


def test_a_web_server_is_a_place_too(place: Place, tmp_path: Path) -> None:
    place.say(1, 3)
    believe = believing(SIGNERS, "tiny", None)
    with web(place.folder) as address:
        found, _ = Follower(open_readable(f"{address}/"), "tiny", believe, tmp_path / "keep").begin()
        assert found.pointer.bundle == place.digests[1]
        assert open_readable(address).read("nothing", 10) is None
        with pytest.raises(InfrastructureError, match="has more than 10 bytes"):
            open_readable(address).read(f"tiny/{FILE}", 10)
    after, warning = Follower(open_readable(address), "tiny", believe, tmp_path / "keep2"), ""
    with pytest.raises(InfrastructureError, match="does not answer"):
        after.begin()
    assert warning == ""
    with pytest.raises(ConfigurationError, match="holds more than a server and a path"):
        open_readable("https://user@models.example/live")


@contextmanager
def followed(place: Place, **options: Any) -> Iterator[tuple[Following, int]]:
    """Serve what the place says; looks are the test's own."""
    follower = place.follower()
    first, _ = follower.begin()
    made: list[Following] = []

    def make(_: Path, **given: Any) -> Following:
        given = {key: value for key, value in given.items() if key not in ("expected", "vouched")}
        made.append(Following(follower, first, seconds=CEILING, **given))
        return made[0]

    server, listener = prepare(first.folder, make=make, **options)
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    try:
        yield made[0], listener.getsockname()[1]
    finally:
        server.should_exit = server.force_exit = True
        thread.join(CEILING)
        made[0].close()


def ask(port: int, message: bytes) -> tuple[int, dict[str, str], bytes]:
    with socket.create_connection(("127.0.0.1", port), CEILING) as client:
        client.sendall(message)
        return answer(client)


def test_another_bundle_takes_over_and_what_is_refused_changes_nothing(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    place.say(0, 5)
    with followed(place) as (following, port):
        message = invocation(place.bundles[0])
        assert ask(port, message)[1]["x-bundle-digest"] == place.digests[0]
        place.say(1, 4)
        following.look()
        assert ask(port, message)[1]["x-bundle-digest"] == place.digests[0]
        place.say(1, 6)
        following.look()
        assert ask(port, message)[1]["x-bundle-digest"] == place.digests[1]
        place.say(1, 7)
        following.look()  # the same bundle of a later commit
        assert following.switches == 1
        shutil.rmtree(place.folder)
        following.look()
        metrics = ask(port, request("GET", "/metrics"))[2].decode()
    values = dict(line.split(" ") for line in metrics.splitlines() if line.startswith("mlops_serve_follow_"))
    values.pop("mlops_serve_follow_looked_seconds")
    assert values == {
        "mlops_serve_follow_sequence": "7.0",
        "mlops_serve_follow_switches_total": "1.0",
        "mlops_serve_follow_refusals_total": "1.0",
        "mlops_serve_follow_failures_total": "0.0",
    }
    assert f'bundle="{place.digests[1]}"' in metrics
    assert capsys.readouterr().err.splitlines() == [
        "following: refused: live.json goes back: number 4 comes before 5, which was served already; "
        "what is served stays",
        f"following: number 6: serving {place.digests[1]}, before {place.digests[0]}",
    ]


def test_a_bundle_that_does_not_answer_as_it_should_does_not_take_over(place: Place) -> None:
    place.say(0, 5)
    follower = place.follower()
    first, _ = follower.begin()
    broken: list[str] = []

    def make(folder: Path, **options: Any) -> Any:
        if options["expected"] == place.digests[1]:
            broken.append(options["expected"])
            raise IntegrityError("8 of 8 golden rows score otherwise")
        return create(folder, **options)

    following = Following(follower, first, seconds=CEILING, make=make)
    place.say(1, 6)
    following.look()
    following.look()
    assert (following.refusals, following.switches, len(broken)) == (1, 0, 1)
    assert follower.taken is not None
    assert follower.taken.sequence == 5
    following.close()


def workers(place: Place, board: Board, makes: Sequence[Callable[..., Any]]) -> list[Following]:
    """What two workers of one server follow."""
    made = []
    for number, make in enumerate(makes):
        follower = place.follower()
        first, _ = follower.begin()
        door = Door(seat=Seat(number, board, (), 0, 0))
        made.append(Following(follower, first, seconds=CEILING, make=make, door=door))
    return made


def test_workers_take_another_bundle_over_together(place: Place) -> None:
    place.say(0, 5)
    board = Board(2)
    one, other = workers(place, board, (create, create))
    place.say(1, 6)
    waiting = threading.Thread(target=one.look)
    waiting.start()
    wait_until(lambda: board.number(0) == 6)
    assert one.switches == 0  # it is ready, and serves what the other does
    other.look()
    waiting.join(CEILING)
    assert (one.switches, other.switches) == (1, 1)
    place.say(1, 7)
    one.look()
    assert board.number(0) == 7
    one.close()
    other.close()


def test_no_worker_takes_over_what_another_refuses(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    def make(folder: Path, **options: Any) -> Any:
        if options["expected"] == place.digests[1]:
            raise IntegrityError("8 of 8 golden rows score otherwise")
        return create(folder, **options)

    place.say(0, 5)
    one, other = workers(place, Board(2), (create, make))
    place.say(1, 6)
    other.look()
    one.look()
    one.look()
    assert [(each.switches, each.refusals) for each in (one, other)] == [(0, 1), (0, 1)]
    assert capsys.readouterr().err.splitlines()[-1] == (
        f"following: refused: number 6: another worker refuses {place.digests[1]}; what is served stays"
    )
    one.close()
    other.close()


@pytest.mark.slow
def test_no_request_is_lost_while_bundles_change(place: Place, tmp_path: Path) -> None:
    place.say(0, 1)
    message, wrong, counts = invocation(place.bundles[0]), list[Any](), [0, 0, 0]
    scores = {}
    for bundle, digest in zip(place.bundles, place.digests, strict=True):
        scores[digest] = json.loads((bundle / "golden.json").read_bytes())["scores"][0]
    ended, answered = threading.Event(), threading.Semaphore(0)

    def client(which: int, port: int) -> None:
        with socket.create_connection(("127.0.0.1", port), CEILING) as connection:
            while not ended.is_set():
                connection.sendall(message)
                status, headers, body = answer(connection)
                counts[which] += 1
                answered.release()
                found = json.loads(body).get("predictions")
                if status != 200 or found != [scores[headers["x-bundle-digest"]]]:
                    wrong.append((status, headers, body))

    with followed(place, log=tmp_path / "log") as (following, port):
        threads = [threading.Thread(target=client, args=(which, port)) for which in range(3)]
        for thread in threads:
            thread.start()
        for sequence in range(2, 22):
            place.say(sequence % 2, sequence)
            following.look()
            for _ in range(10):
                assert answered.acquire(timeout=CEILING)
        ended.set()
        for thread in threads:
            thread.join(CEILING)
    assert (wrong, following.switches) == ([], 19)
    heads = [gzip.decompress(path.read_bytes()).splitlines()[0] for path in segments(tmp_path / "log")]
    assert sum(json.loads(head)["records"] for head in heads) == sum(counts)


def test_nothing_older_is_taken_also_where_the_disk_lost_the_bundle(place: Place) -> None:
    place.say(0, 5)
    follower = place.follower()
    follower.take(follower.begin()[0])
    shutil.rmtree(place.folder.parent / "keep" / FOLDER)
    newest = (place.folder / "tiny" / FILE).read_bytes()
    place.say(1, 4)
    with pytest.raises(IntegrityError, match=r"^live\.json goes back: number 4 comes before 5"):
        place.follower().begin()
    (place.folder / "tiny" / FILE).write_bytes(newest)
    assert place.follower().begin()[0].pointer.sequence == 5


def test_a_bundle_that_was_damaged_on_its_way_is_asked_for_again(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    place.say(0, 5)
    follower = place.follower()
    following = Following(follower, follower.begin()[0], seconds=CEILING)
    try:
        place.say(1, 6)
        file = place.folder / FOLDER / place.digests[1].removeprefix("sha256:") / "schema.json"
        whole = file.read_bytes()
        file.write_bytes(whole.replace(b"age", b"AGE"))
        following.look()
        following.look()
        assert (following.refusals, following.switches) == (2, 0)
        assert capsys.readouterr().err.count("refused") == 1
        file.write_bytes(whole)
        following.look()
        assert following.switches == 1
    finally:
        following.close()


@pytest.mark.parametrize("said", [b"what\r\n\r\n", b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\na"])
def test_a_web_server_that_speaks_no_http_does_not_answer(said: bytes, place: Place) -> None:
    class Broken(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.wfile.write(said)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    place.say(0, 5)
    follower = place.follower()
    follower.take(follower.begin()[0])
    with http.server.HTTPServer(("127.0.0.1", 0), Broken) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        address = f"http://127.0.0.1:{server.server_address[1]}"
        believe = believing(SIGNERS, "tiny", "prod")
        found, warning = Follower(open_readable(address), "tiny", believe, place.folder.parent / "keep").begin()
        thread.join(CEILING)
    assert found.pointer.sequence == 5
    assert warning.startswith(f"{address}/tiny/{FILE} does not answer: ")


def test_no_more_of_a_place_is_read_than_a_pointer_may_have(place: Place) -> None:
    (place.folder / "tiny").mkdir()
    file = place.folder / "tiny" / FILE
    file.symlink_to("/dev/zero")
    assert open_readable(f"file://{place.folder}").read(f"tiny/{FILE}", 10) is None
    file.unlink()
    with file.open("wb") as sparse:
        sparse.truncate(1 << 40)
    with pytest.raises(InfrastructureError, match="has more than 10 bytes"):
        open_readable(f"file://{place.folder}").read(f"tiny/{FILE}", 10)


def test_a_worker_that_is_started_again_serves_what_the_others_do(place: Place) -> None:
    place.say(0, 5)
    started = place.follower()
    first, _ = started.begin()
    place.say(1, 6)  # what they have not agreed on
    made: list[LivePointer] = []

    def follow(follower: Follower, found: Followed, **_: Any) -> None:
        follower.take(found)
        made.append(found.pointer)

    restarted = partial(_following, follow, started, first, 0, first.folder)
    restarted(expected=None)
    other = place.follower()
    other.begin()
    found = other.look()
    assert found is not None
    other.take(found)
    place.say(0, 7)
    shutil.rmtree(found.folder)  # and the disk lost the bundle
    restarted(expected=None)
    assert [pointer.sequence for pointer in made] == [5, 6]
    (place.folder.parent / "keep" / FILE).write_bytes(b"{}")
    with pytest.raises(IntegrityError, match=r"^it is no signed envelope \(DSSE\)$"):
        restarted(expected=None)


def test_what_a_server_counted_does_not_fall_when_another_bundle_takes_over(place: Place) -> None:
    place.say(0, 5)
    with followed(place) as (following, port):
        for number in (6, 7, 8):
            assert ask(port, invocation(place.bundles[0]))[0] == 200
            place.say(number % 2, number)
            following.look()
            pages = [ask(port, request("GET", "/metrics"))[2].decode() for _ in range(2)]
            for page in pages:
                assert f'\nmlops_serve_requests_total{{status="2xx"}} {number - 5}.0\n' in page
                assert page.count("\nmlops_serve_info{") == 1
        cpu = [line for line in page.splitlines() if line.startswith("process_cpu_seconds_total")]
        assert len(cpu) == 1
        assert float(cpu[0].split()[1]) <= process.numbers()["process_cpu_seconds_total"]  # once, whatever is served
