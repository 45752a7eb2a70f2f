"""Reconciling with a real MLflow: it converges from wherever it is killed, heals what drifts, and never goes back."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from mlops.errors import ConfigurationError
from mlops.operations.releasing.reconcile import reconcile
from mlops.operations.releasing.reconciled import Row
from tests.builders.released import Shop, make_released
from tests.builders.repositories import commit, git

pytestmark = pytest.mark.slow
LOOKS = ("get_run", "get_logged_model", "get_model_version_download_uri", "tracking_uri")
"""What looks at what the registry's store holds: to die there is to die at the one before."""
READS = ("get_", "search_", "download_", "list_")


class GoneError(Exception):
    """The process dies here."""


class Dying:
    """A client that counts its calls and dies at one of them, before or after it took effect."""

    def __init__(self, client: Any, at: int = 0, *, after: bool = False) -> None:
        self.client, self.at, self.after = client, at, after
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.client, name)
        if name in LOOKS:
            return method

        def call(*args: Any, **kwargs: Any) -> Any:
            self.calls.append(name)
            dies = len(self.calls) == self.at
            if dies and not self.after:
                raise GoneError(name)
            result = method(*args, **kwargs)
            if dies:
                raise GoneError(name)
            return result

        return call

    @property
    def writes(self) -> list[str]:
        return [name for name in self.calls if not name.startswith(READS)]


class Meeting(Dying):
    """A client that lets somebody else act just before one of its calls."""

    def __init__(self, client: Any, at: int, act: Callable[[], None]) -> None:
        super().__init__(client)
        self.meets, self.act = at, act

    def __getattr__(self, name: str) -> Any:
        call = super().__getattr__(name)
        if name in LOOKS:
            return call

        def meet(*args: Any, **kwargs: Any) -> Any:
            if len(self.calls) == self.meets - 1:
                self.act()
            return call(*args, **kwargs)

        return meet


def _newer(shop: Shop, client: Any, commit: str) -> None:
    """Reconcile on a newer commit, in a clone of its own as another job has it."""
    clone = shop.root.parent / "other"
    if not clone.exists():
        git(shop.root.parent, "clone", "-q", str(shop.origin), "other")
        shutil.copytree(shop.root / ".mlops/bundles", clone / ".mlops/bundles")
    git(clone, "fetch", "-q")
    git(clone, "switch", "-q", "--detach", commit)

    @contextmanager
    def connect(_: str) -> Iterator[Any]:
        yield client

    assert reconcile(clone, "staging", connect=connect).code == 0


def _forget(client: Any) -> None:
    model = client.get_registered_model("tiny")
    for alias in model.aliases:
        client.delete_registered_model_alias("tiny", alias)
    for tag in model.tags:
        client.delete_registered_model_tag("tiny", tag)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return make_released(tmp_path_factory.mktemp("released"))


@pytest.fixture
def shop(made: Shop, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """The repository as it was made: nothing live anywhere, and every bundle kept."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    for seed in (1, 2):
        made.store().put(made.root.parent / f"bundle-{seed}")
    start = git(made.root, "rev-parse", "main").strip()
    yield made
    git(made.root, "switch", "-q", "--force", "-C", "main", start)
    git(made.root, "clean", "-fdq")
    with made.client() as client:
        _forget(client)


def connecting(shop: Shop, at: int = 0, *, after: bool = False) -> tuple[Callable[[str], Any], list[Dying]]:
    opened: list[Dying] = []

    @contextmanager
    def connect(uri: str) -> Iterator[Any]:
        assert uri == shop.uri
        with shop.client() as client:
            opened.append(Dying(client, at, after=after))
            yield opened[-1]

    return connect, opened


def aliases(shop: Shop) -> dict[str, str]:
    with shop.client() as client:
        return {key: str(value) for key, value in client.get_registered_model("tiny").aliases.items()}


def only(shop: Shop, environment: str = "prod", **options: Any) -> Row:
    (row,) = reconcile(shop.root, environment, **options).rows
    return row


def test_the_live_model_becomes_the_champion_and_the_second_run_writes_nothing(shop: Shop) -> None:
    shop.say("prod", shop.first)
    row = only(shop)
    assert (row.action, row.writes, row.was) == ("moved", 3, "champion is nothing; prod is nothing")
    assert aliases(shop) == {"champion": "1", "prod": "1"}
    connect, opened = connecting(shop)
    again = only(shop, connect=connect)
    assert (again.action, again.writes, opened[0].writes) == ("in sync", 0, [])
    shop.say("staging", shop.second)
    assert only(shop).action == "in sync"  # a commit about something else
    assert only(shop, "staging").action == "moved"
    assert aliases(shop) == {"champion": "1", "prod": "1", "staging": "2"}


@pytest.mark.long
def test_it_converges_from_every_call_it_may_die_at(shop: Shop) -> None:
    shop.say("prod", shop.first)
    connect, opened = connecting(shop)
    shutil.rmtree(shop.store().place(shop.first))  # so that the bundle is fetched too
    only(shop, connect=connect)
    calls, expected = opened[0].calls, aliases(shop)
    assert len(opened[0].writes) == 3
    for at, name in enumerate(calls, 1):
        for after in (False,) if name.startswith(READS) else (False, True):
            shutil.rmtree(shop.store().place(shop.first), ignore_errors=True)
            with shop.client() as client:
                _forget(client)
            dying, _ = connecting(shop, at, after=after)
            with pytest.raises(GoneError):
                reconcile(shop.root, "prod", connect=dying)
            assert reconcile(shop.root, "prod").code == 0
            connect, opened = connecting(shop)
            assert only(shop, connect=connect).action == "in sync"
            assert (opened[0].writes, aliases(shop)) == ([], expected)


def test_of_two_that_meet_one_wins_and_the_other_knows(shop: Shop) -> None:
    """A run on an older commit is overtaken at each of its calls by a whole run on a newer one."""
    older = shop.say("staging", shop.first)
    newer = shop.say("staging", shop.second)
    with shop.client() as client:
        pass  # without the lock of an SQLite file, which a server does not have
    late = 0
    for at in range(1, 40):
        _forget(client)
        git(shop.root, "switch", "-q", "--detach", older)
        meeting = Meeting(client, at, lambda: _newer(shop, client, newer))

        @contextmanager
        def connect(_: str, meeting: Meeting = meeting) -> Iterator[Any]:
            yield meeting

        row = only(shop, "staging", connect=connect)
        if at > len(meeting.calls):
            break
        now = str(client.get_registered_model("tiny").aliases["staging"])
        overtaken = (
            meeting.calls[at - 1] == "set_registered_model_tag"
        )  # the one call between the last look and the claim
        late += overtaken
        last_look = len(meeting.calls) - meeting.calls[::-1].index("get_registered_model")
        assert (row.code, now) == (0 if overtaken or at > last_look else 3, "1" if overtaken else "2")
        git(shop.root, "switch", "-q", "--detach", newer)
        assert only(shop, "staging").code == 0
        assert aliases(shop)["staging"] == "2"
    assert (late, at > 8) == (1, True)


@pytest.mark.parametrize("change", ["moved", "removed"])
def test_what_somebody_changed_by_hand_is_told_and_healed(shop: Shop, change: str) -> None:
    shop.say("staging", shop.second)
    only(shop, "staging")
    with shop.client() as client:
        if change == "moved":
            client.set_registered_model_alias("tiny", "staging", "1")
        else:
            client.delete_registered_model_alias("tiny", "staging")
    was = "nothing" if change == "removed" else f"version 1 ({shop.first[:19]}…)"
    dry = reconcile(shop.root, "staging", dry=True)
    assert (dry.rows[0].action, dry.code, dry.writes) == ("would heal", 3, 0)
    assert dry.rows[0].drift == (f"alias staging is {was}, should be version 2 ({shop.second[:19]}…)",)
    assert aliases(shop).get("staging") == (None if change == "removed" else "1")
    healed = reconcile(shop.root, "staging")
    assert (healed.rows[0].action, healed.code, aliases(shop)["staging"]) == ("healed", 0, "2")
    assert only(shop, "staging").action == "in sync"


def test_a_dry_run_keeps_nothing(shop: Shop) -> None:
    shop.say("staging", shop.first)
    shutil.rmtree(shop.store().place(shop.first))
    connect, opened = connecting(shop)
    row = only(shop, "staging", dry=True, connect=connect)
    assert (row.action, row.writes, opened[0].writes, aliases(shop)) == ("would move", 0, [], {})
    assert not shop.store().place(shop.first).exists()


def test_an_older_commit_is_refused_and_a_revert_is_not(shop: Shop) -> None:
    shop.say("prod", shop.first)
    older = git(shop.root, "rev-parse", "HEAD").strip()
    newer = shop.say("prod", shop.second)
    only(shop)
    git(shop.root, "switch", "-q", "--detach", older)
    row = only(shop)
    assert (row.action, row.code) == ("failed", 3)
    assert row.problem == f"tiny was last reconciled at {newer[:8]}, and {older[:8]} does not come after it"
    git(shop.root, "switch", "-q", "main")
    git(shop.root, "revert", "--no-edit", "HEAD")
    assert only(shop).action == "moved"
    assert aliases(shop) == {"champion": "1", "prod": "1"}


def test_a_commit_that_this_clone_does_not_know_is_refused(shop: Shop) -> None:
    shop.say("prod", shop.first)
    with shop.client() as client:
        client.set_registered_model_tag("tiny", "mlops.release.shop.prod", f"{'f' * 40} 1")
    row = only(shop)
    assert (row.code, aliases(shop)) == (3, {})
    assert row.problem == "tiny was last reconciled at ffffffff, which this clone does not know"


def test_a_removed_file_deletes_nothing_unless_asked(shop: Shop) -> None:
    (shop.root / "conf/pipeline/other.yaml").write_text("# not read here\n")
    shop.say("staging", shop.first)
    only(shop, "staging")
    with shop.client() as client:  # another team's, on the same server
        source = client.get_model_version("tiny", "1").source
        client.create_registered_model("foreign")
        client.create_model_version("foreign", source)
        client.set_registered_model_alias("foreign", "staging", "1")
    shop.say("staging", None)
    with pytest.raises(ConfigurationError) as caught:
        reconcile(shop.root, "staging", prune=True)
    assert str(caught.value) == "conf/release/staging names no model, but these are live: tiny"
    shop.say("staging", shop.first, name="other")
    left, pruned = reconcile(shop.root, "staging"), reconcile(shop.root, "staging", prune=True, dry=True)
    assert [(row.name, row.action, row.code) for row in left.rows] == [
        ("other", "failed", 3),
        ("tiny", "not named any more", 0),
    ]
    assert [row.action for row in pruned.rows] == ["failed", "would prune"]
    assert aliases(shop) == {"staging": "1"}
    assert reconcile(shop.root, "staging", prune=True).rows[1].action == "pruned"
    assert aliases(shop) == {}
    assert [row.name for row in reconcile(shop.root, "staging", prune=True).rows] == ["other"]
    with shop.client() as client:
        assert set(client.get_registered_model("foreign").aliases) == {"staging"}
        client.delete_registered_model("foreign")


def test_a_bundle_that_is_not_what_it_was_is_never_made_live(shop: Shop) -> None:
    shop.say("staging", shop.first)
    with shop.client() as client:
        place = Path(client.get_model_version("tiny", "1").source) / "bundle/model.onnx"
    good = place.read_bytes()
    stored = shop.store().place(shop.first)
    shutil.copytree(stored, stored.with_suffix(".kept"))
    try:
        place.write_bytes(b"another model")
        (stored / "model.onnx").write_bytes(b"another model")
        row = only(shop, "staging")
        assert (row.action, row.code, aliases(shop)) == ("failed", 5, {})
        assert row.problem.partition("\n")[2] == "  model/bundle/model.onnx has 13 bytes"
        assert row.hint == "load nothing from there; find out who wrote it, then: mlops repair tiny --registry"
    finally:
        place.write_bytes(good)
        shutil.rmtree(stored)
        shutil.move(stored.with_suffix(".kept"), stored)


def test_a_damaged_copy_is_replaced(shop: Shop) -> None:
    shop.say("staging", shop.first)
    only(shop, "staging")
    (shop.store().place(shop.first) / "card.md").write_text("a better card")
    assert only(shop, "staging").writes == 1
    assert shop.store().get(shop.first)


def test_a_release_file_that_is_not_committed_is_refused(shop: Shop) -> None:
    shop.say("staging", shop.first)
    shop.file("staging").write_text(f"bundle: {shop.second}\n")
    with pytest.raises(ConfigurationError) as caught:
        reconcile(shop.root, "staging")
    assert str(caught.value) == "conf/release/staging/tiny.yaml has changes that are not committed"


def test_a_version_whose_verdict_is_no_pass_is_refused(shop: Shop) -> None:
    shop.say("staging", shop.first)
    with shop.client() as client:
        client.set_model_version_tag("tiny", "1", "mlops.verdict", "fail")
    row = only(shop, "staging")
    with shop.client() as client:
        client.set_model_version_tag("tiny", "1", "mlops.verdict", "pass")
    assert row.code == 2
    assert row.problem == f"tiny: the verdict on the bundle {shop.first[:19]}… is fail, not pass"


def test_an_unknown_environment_names_the_others(shop: Shop) -> None:
    (shop.root / "conf/project.yaml").write_text("name: shop\nenvironments: {staging: {}, prod: {}}\n")
    commit(shop.root)
    with pytest.raises(ConfigurationError) as caught:
        reconcile(shop.root, "stagging")
    assert str(caught.value) == "there is no environment `stagging`"
    assert caught.value.hint == "did you mean `staging`? also there: prod"


def test_an_environment_that_is_nowhere_is_a_mistake(shop: Shop) -> None:
    shop.say("staging", shop.first)
    with pytest.raises(ConfigurationError) as caught:
        reconcile(shop.root, "stagging")
    assert (str(caught.value), caught.value.hint) == ("there is no environment `stagging`", "did you mean `staging`?")
