"""Releasing and going back, against a real registry, a bare repository and the recorder of GitHub's API."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlops.cli.main import run
from mlops.errors import ConfigurationError, GateFailed, InfrastructureError, IntegrityError, MlopsError, StaleError
from mlops.files.canonical import digest_file
from mlops.operations.live.history import Moment
from mlops.operations.live.releases import written
from mlops.operations.releasing.release import Wanted, release
from mlops.operations.releasing.rollback import previous, rollback
from mlops.operations.releasing.show import past, show
from mlops.release.registry import withdraw
from tests.builders.bundles import VERSION1, make_bundle
from tests.builders.papers import gate_of, metrics_of, write_papers
from tests.builders.released import Shop, make_released, run_of
from tests.builders.repositories import commit, git, make_repository
from tests.runner.api import Api

pytestmark = pytest.mark.slow

A, B = (f"sha256:{letter * 64}" for letter in "ab")
VARIABLES = ("GITHUB_SERVER_URL", "GITHUB_TOKEN", "MLOPS_TOKEN", "MLFLOW_TRACKING_URI")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return make_released(tmp_path_factory.mktemp("released"))


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """The same without a registry."""
    return make_released(tmp_path_factory.mktemp("bare"), registered=False)


@pytest.fixture
def shop(made: Shop, api: Api) -> Iterator[Shop]:
    yield from _fresh(made)


@pytest.fixture
def alone(bare: Shop, api: Api) -> Iterator[Shop]:
    yield from _fresh(bare)


def _fresh(shop: Shop) -> Iterator[Shop]:
    start = git(shop.root, "rev-parse", "main").strip()
    yield shop
    git(shop.root, "switch", "-q", "--force", "-C", "main", start)
    git(shop.root, "clean", "-fdq")
    git(shop.root, "push", "-q", "--force", "origin", "main")
    for branch in git(shop.origin, "branch", "--list", "mlops/*", "--format=%(refname:short)").split():
        git(shop.origin, "branch", "-q", "-D", branch)


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    with Api(tokens={"app": {"pull-requests": "write"}}, accounts={"app": "mlops-app[bot]"}) as api:
        monkeypatch.setenv("GITHUB_API_URL", api.url)
        monkeypatch.setenv("GITHUB_REPOSITORY", "shop/models")
        monkeypatch.setenv("MLOPS_TOKEN", "app")
        yield api


def refused(action: Any) -> MlopsError:
    with pytest.raises(MlopsError) as caught:
        action()
    return caught.value


def test_a_release_is_a_pull_request_with_its_evidence(shop: Shop, api: Api) -> None:
    shop.say("staging", shop.first)
    made = release(shop.root, Wanted("tiny", "staging"), propose=True)
    assert (made.state, made.replaces, made.bundle) == ("proposed", shop.first, shop.second)
    proposed = ("main", "mlops/release/staging/tiny")
    changed = git(shop.origin, "diff", "--unified=0", *proposed, "--", "conf").splitlines()[5:]
    assert changed == [f"-bundle: {shop.first}", f"+bundle: {shop.second}"]
    added = git(shop.origin, "diff", "--name-status", *proposed, "--", "pipelines").splitlines()
    assert [path.rpartition("/")[0] for path in added] == ["A\tpipelines/tiny/ledger/staging"]
    (pull,) = api.pulls
    assert pull["title"] == f"Release tiny to staging: {shop.second[7:19]}"
    assert f"It replaces `{shop.first}`." in pull["body"]
    assert "| ✅ AUROC | 0.750 | [0.700, 0.800] | 0.6 | 40 |" in pull["body"]
    assert not shop.file("staging").read_text().count(shop.second)
    again = release(shop.root, Wanted("tiny", "staging"), propose=True)
    assert again.proposed is not None
    assert (again.proposed.done, len(api.pulls)) == ("unchanged", 1)


def test_an_earlier_bundle_is_released_by_its_digest(shop: Shop) -> None:
    made = release(shop.root, Wanted("tiny", "staging", shop.first, "the second one is slow"))
    assert (made.state, made.replaces) == ("written", None)
    assert shop.file("staging").read_text() == (
        "# yaml-language-server: $schema=../../.schema/release.json\n"
        f'bundle: {shop.first}\nreason: "the second one is slow"\n'
    )
    assert release(shop.root, Wanted("tiny", "staging", shop.first)).state == "live already"


def test_what_is_not_registered_or_did_not_pass_is_refused(shop: Shop, tmp_path: Path) -> None:
    absent = refused(lambda: release(shop.root, Wanted("tiny", "staging", A)))
    assert (type(absent), str(absent)) == (StaleError, f"tiny: the bundle {A[:19]}… is not registered")
    with shop.client() as client:
        client.set_model_version_tag("tiny", "1", "mlops.verdict", "fail")
    failed = refused(lambda: release(shop.root, Wanted("tiny", "staging", shop.first)))
    with shop.client() as client:
        client.set_model_version_tag("tiny", "1", "mlops.verdict", "pass")
    assert (type(failed), failed.exit_code) == (GateFailed, 2)
    assert str(failed) == f"tiny: the verdict on the bundle {shop.first[:19]}… is fail, not pass"
    other = refused(lambda: release(shop.root, Wanted("other", "staging")))
    assert (str(other), other.hint) == ("there is no pipeline `other`", "one of: tiny")
    git(shop.root, "reset", "-q", "--hard", "HEAD~1")  # registered, and recorded nowhere
    nowhere = refused(lambda: release(shop.root, Wanted("tiny", "staging", shop.second)))
    assert (type(nowhere), str(nowhere)) == (
        StaleError,
        f"tiny: no commit records the run that made {shop.second[:19]}…, and only what Git records is released",
    )
    (shop.root / "pipelines/tiny/reports/bundle.json").write_text(json.dumps({"digest": A, "verdict": "inconclusive"}))
    assert refused(lambda: release(shop.root, Wanted("tiny", "staging"))).exit_code == 7


def test_production_takes_only_what_was_judged_beside_what_is_live(shop: Shop, tmp_path: Path) -> None:
    from mlops.operations.releasing.register import register_bundle

    folder = make_bundle(tmp_path / "judged", seed=3)
    digest = digest_file(folder / "manifest.json")
    gate = gate_of(digest, champion=shop.first)
    gate["rules"][0]["against"] = "champion"
    figure = {"value": 0.75, "low": 0.7, "high": 0.8}
    models = {"candidate": {"auroc": figure}, "champion": {"auroc": {**figure, "value": 0.5}}}
    run_of(shop.root, "tiny", folder)
    write_papers(shop.root / "pipelines/tiny/reports", folder, gate=gate, metrics=metrics_of(digest, models=models))
    last = commit(shop.root, "Run 3")
    register_bundle(shop.root, "tiny", "sqlite:///.mlops/mlflow.db", "tiny")
    shop.say("prod", shop.second)
    moved = refused(lambda: release(shop.root, Wanted("tiny", "prod")))
    assert (moved.exit_code, str(moved)) == (
        6,
        f"tiny: dvc has artifacts/evaluation of commit {last[:8]} neither in its cache nor in a remote",
    )
    shop.say("prod", shop.first)
    made = release(shop.root, Wanted("tiny", "prod"), propose=True)
    assert made.bundle == digest
    body = git(shop.origin, "log", "-1", "--format=%s", "mlops/release/prod/tiny")
    assert body.startswith("Release tiny to prod")


def test_the_registry_agrees_or_differs_or_is_not_asked(shop: Shop) -> None:
    from mlops.operations.releasing.reconcile import reconcile

    shop.say("prod", shop.first, "Release tiny (#12)")
    assert show(shop.root).live[0].registry == "differs: no alias champion"
    reconcile(shop.root, "prod")
    (live,) = show(shop.root).live
    assert live.since is not None
    assert (live.environment, live.bundle, live.registry, live.since.pull_request) == ("prod", shop.first, "agrees", 12)


def test_every_passing_bundle_is_registered_once(shop: Shop) -> None:
    from mlops.operations.releasing.register import passing, register_bundle

    assert passing(shop.root, ("tiny", "absent")) == ("tiny",)
    shutil.rmtree(shop.root / "pipelines/tiny/artifacts/bundle")
    assert register_bundle(shop.root, "tiny", shop.uri, "tiny").created is False  # from the store
    run_of(shop.root, "tiny", shop.store().get(shop.second))


def test_going_back_needs_no_registry(alone: Shop, api: Api) -> None:
    alone.say("prod", alone.first, "Release one (#1)")
    alone.say("prod", alone.second, "Release two (#2)")
    made = rollback(alone.root, Wanted("tiny", "prod"), propose=True)
    assert (made.state, made.bundle, made.replaces) == ("proposed", alone.first, alone.second)
    text = git(alone.origin, "show", "mlops/rollback/prod/tiny:conf/release/prod/tiny.yaml")
    assert text == f'bundle: {alone.first}\nreason: "back from {alone.second[:19]}"\n'
    (pull,) = api.pulls
    assert pull["title"] == f"Roll tiny in prod back to {alone.first[7:19]}"
    assert "- ✅ it loads and answers its 8 golden rows as when it was made" in pull["body"]
    assert "- ✅ it takes the same requests as the live one" in pull["body"]
    assert not (alone.root / ".mlops/mlflow.db").exists()


def test_a_bundle_of_version_1_is_gone_back_to(alone: Shop, api: Api) -> None:
    alone.store().put(VERSION1)
    digest = digest_file(VERSION1 / "manifest.json")
    alone.say("prod", digest, "Release one (#1)")
    alone.say("prod", alone.second, "Release two (#2)")
    made = rollback(alone.root, Wanted("tiny", "prod"), propose=True)
    assert (made.state, made.bundle, made.replaces) == ("proposed", digest, alone.second)
    (pull,) = api.pulls
    assert "- ✅ it loads and answers its 3 golden rows as when it was made" in pull["body"]
    assert "- ✅ it takes the same requests as the live one" in pull["body"]
    assert "| ✅ AUROC | 0.750 | [0.700, 0.800] | 0.6 | 40 |" in pull["body"]


def test_a_bundle_of_version_1_is_registered_released_and_reconciled(shop: Shop) -> None:
    from mlops.operations.releasing.reconcile import reconcile
    from mlops.operations.releasing.register import register_bundle

    reports = shop.root / "pipelines/tiny/reports"
    shutil.rmtree(shop.root / "pipelines/tiny/artifacts")
    shutil.copytree(VERSION1, shop.root / "pipelines/tiny/artifacts/bundle")
    digest = digest_file(VERSION1 / "manifest.json")
    (reports / "bundle.json").write_text(json.dumps({"schema_version": 1, "digest": digest, "verdict": "pass"}))
    commit(shop.root, "A run of an earlier release of this program")
    assert register_bundle(shop.root, "tiny", shop.uri, "tiny").created
    assert register_bundle(shop.root, "tiny", shop.uri, "tiny").stated is False
    with shop.client() as client:
        assert withdraw(client, "tiny", digest, "fail")
    assert register_bundle(shop.root, "tiny", shop.uri, "tiny").stated
    assert register_bundle(shop.root, "tiny", shop.uri, "tiny").stated is False, "it carries its papers in itself"
    assert release(shop.root, Wanted("tiny", "staging"), propose=True).state == "proposed"
    shop.say("old", digest)
    assert [row.action for row in reconcile(shop.root, "old").rows] == ["moved"]
    run_of(shop.root, "tiny", shop.store().get(shop.second))


def test_a_version_whose_newest_verdict_is_no_pass_does_not_agree(shop: Shop) -> None:
    from mlops.operations.releasing.reconcile import reconcile

    shop.say("watched", shop.first)
    reconcile(shop.root, "watched")
    with shop.client() as client:
        client.set_model_version_tag("tiny", "1", "mlops.verdict", "fail")
    try:
        assert show(shop.root).live[0].registry == "differs: the newest verdict on version 1 is fail"
        (row,) = reconcile(shop.root, "watched").rows
        assert (row.action, row.code) == ("failed", 2)
    finally:
        with shop.client() as client:
            client.set_model_version_tag("tiny", "1", "mlops.verdict", "pass")


def test_what_was_judged_again_and_did_not_pass_is_not_released_by_what_was_stated_before(shop: Shop) -> None:
    """Nobody told the registry yet, and the statement of before is in the history."""
    reports = shop.root / "pipelines/tiny/reports"
    (reports / "bundle.json").unlink()
    (reports / "gate.json").write_text(json.dumps(gate_of(shop.second, "fail")))
    commit(shop.root, "Stricter rules")
    told = refused(lambda: release(shop.root, Wanted("tiny", "staging", shop.second)))
    assert (type(told), str(told)) == (
        GateFailed,
        f"tiny: the verdict on the bundle {shop.second[:19]}… is fail, not pass",
    )
    shop.say("prod", shop.second)
    shop.say("prod", shop.first)
    assert type(refused(lambda: rollback(shop.root, Wanted("tiny", "prod", shop.second)))) is GateFailed


def test_papers_come_from_the_registry_where_nobody_committed_them(shop: Shop) -> None:
    """What CI made on the main branch is registered before anybody records it."""
    reports = shop.root / "pipelines/tiny/reports"
    git(shop.root, "rm", "-rq", "--cached", "pipelines/tiny/reports")
    shutil.rmtree(reports)
    commit(shop.root, "Nothing is recorded")
    assert release(shop.root, Wanted("tiny", "staging", shop.second)).state == "written"
    with shop.client() as client:
        client.set_model_version_tag("tiny", "2", "mlops.statement", "")
    shop.file("staging").unlink()
    lost = refused(lambda: release(shop.root, Wanted("tiny", "staging", shop.second)))
    with shop.client() as client:
        client.set_model_version_tag("tiny", "2", "mlops.statement", run_statement(shop))
    assert (type(lost), str(lost).splitlines()[0]) == (
        InfrastructureError,
        f"tiny: what was said about the bundle {shop.second[:19]}… cannot be had",
    )


def run_statement(shop: Shop) -> str:
    """Name the statement of the last run."""
    run_of(shop.root, "tiny", shop.store().get(shop.second))
    return digest_file(shop.root / "pipelines/tiny/reports/bundle.json")


def test_a_bundle_that_is_nowhere_or_not_as_promised_is_not_gone_back_to(alone: Shop) -> None:
    alone.say("prod", A, "never stored")
    alone.say("prod", alone.first)
    alone.say("prod", alone.second)
    absent = refused(lambda: rollback(alone.root, Wanted("tiny", "prod", A)))
    assert (type(absent), absent.exit_code) == (InfrastructureError, 6)
    assert str(absent).splitlines() == [
        f"tiny: the bundle {A[:19]}… cannot be had",
        f"  the bundle {A} is not in {alone.root}/.mlops/bundles",
        "  pipelines/tiny/artifacts/bundle is another bundle, or none",
        "  there is no MLflow registry here",
        "  no commit's pipelines/tiny/reports/bundle.json names it",
    ]
    place = alone.store().place(alone.first)
    good = (place / "model.onnx").read_bytes()
    (place / "model.onnx").write_bytes(b"another model")
    damaged = refused(lambda: rollback(alone.root, Wanted("tiny", "prod")))
    (place / "model.onnx").write_bytes(good)
    assert (type(damaged), damaged.exit_code) == (IntegrityError, 5)
    assert alone.file("prod").read_text() == f"bundle: {alone.second}\n"


def test_only_what_was_live_there_can_be_gone_back_to(alone: Shop) -> None:
    never = refused(lambda: rollback(alone.root, Wanted("tiny", "prod")))
    assert (str(never), never.exit_code) == ("tiny was never live in prod", 3)
    alone.say("prod", alone.second)
    other = refused(lambda: rollback(alone.root, Wanted("tiny", "prod", alone.first)))
    assert str(other) == f"{alone.first[:19]}… was never live as tiny in prod"
    first = refused(lambda: rollback(alone.root, Wanted("tiny", "prod")))
    assert str(first) == f"nothing was live as tiny in prod before {alone.second[:19]}…"
    alone.file("prod").write_text(f"bundle: {alone.first}\n")
    dirty = refused(lambda: rollback(alone.root, Wanted("tiny", "prod")))
    assert str(dirty) == "conf/release/prod/tiny.yaml has changes that are not committed"


def test_a_rollback_typed_twice_goes_back_once(alone: Shop) -> None:
    alone.say("prod", alone.first)
    alone.say("prod", alone.second)
    alone.say("prod", alone.first)
    rollback(alone.root, Wanted("tiny", "prod", alone.second))
    twice = refused(lambda: rollback(alone.root, Wanted("tiny", "prod")))
    assert str(twice) == "conf/release/prod/tiny.yaml has changes that are not committed"


def test_a_shallow_clone_is_told_from_a_short_history(alone: Shop, tmp_path: Path) -> None:
    alone.say("prod", alone.first)
    alone.say("prod", alone.second)
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{alone.origin}", "clone")
    shallow = refused(lambda: rollback(tmp_path / "clone", Wanted("tiny", "prod")))
    assert (str(shallow), shallow.hint, shallow.exit_code) == (
        "the history before was not fetched",
        "git fetch --unshallow",
        6,
    )


def _moments(*bundles: str | None) -> tuple[Moment, ...]:
    return tuple(Moment("prod", bundle, "c" * 40, "", "ada", "") for bundle in bundles)


@pytest.mark.parametrize(
    ("newest_first", "live", "expected"),
    [
        (("b", "a"), "b", "a"),
        (("a", "b", "a"), "a", None),
        (("b", "c", "b", "a"), "b", "a"),
        (("b", None, "a"), "b", "a"),
        (("a",), "a", None),
    ],
)
def test_a_rollback_never_leads_forward_again(newest_first: Any, live: str, expected: str | None) -> None:
    assert previous(_moments(*newest_first), live) == expected


def test_history_says_what_when_and_whose(alone: Shop) -> None:
    alone.say("prod", alone.first, "Release one (#1)")
    git(alone.root, "switch", "-q", "-c", "change")
    alone.file("prod").write_text(f"# a comment\nbundle: {alone.first}\n")
    commit(alone.root, "only a comment")
    alone.file("prod").write_text(f"bundle: {alone.second}\n")
    commit(alone.root, "on the branch")
    git(alone.root, "switch", "-q", "main")
    git(alone.root, "merge", "-q", "--no-ff", "-m", "Merge pull request #7 from shop/change", "change")
    alone.say("prod", None, "Take it away")
    found = past(alone.root, "tiny")
    assert [(moment.bundle, moment.pull_request, moment.author) for moment in found] == [
        (None, None, "t"),
        (alone.second, 7, "t"),
        (alone.first, 1, "t"),
    ]
    assert past(alone.root, "tiny", "staging") == ()


def test_a_shallow_clone_does_not_pass_its_first_commit_for_the_release(alone: Shop, tmp_path: Path) -> None:
    alone.say("prod", alone.first, "Release one (#1)")
    alone.file("prod").write_text(f"# another reason\nbundle: {alone.first}\n")
    commit(alone.root, "reason only")
    git(alone.root, "push", "-q", "--force", "origin", "main")
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{alone.origin}", "clone")
    shallow = refused(lambda: past(tmp_path / "clone", "tiny"))
    assert (str(shallow), shallow.hint, shallow.exit_code) == (
        "the history before was not fetched",
        "git fetch --unshallow",
        6,
    )
    assert [live.since for live in show(tmp_path / "clone").live] == [None]
    since = [live.since for live in show(alone.root).live]
    assert [moment.pull_request for moment in since if moment] == [1]


def test_the_verbs_print_tables(
    alone: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(alone.root)
    assert run(["show"]) == 0
    told = f"tiny: bundle {alone.second[:19]}…, of the last run: no environment is declared\n"
    assert capsys.readouterr() == (told, "")
    made = alone.say("prod", alone.first, "Release one (#1)")
    assert run(["history", "tiny"]) == 0
    head, row = capsys.readouterr().out.splitlines()
    assert head.split()[:3] == ["environment", "date", "bundle"]
    assert (row.split()[0], row.split()[2:6]) == ("prod", [alone.first[:19], made[:8], "t", "#1"])
    assert run(["show", "-o", "json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["silent"], shown["last"]) == ([], [])
    assert (shown["unreachable"], shown["live"][0]["since"]["commit"]) == ("there is no MLflow registry here yet", made)
    assert run(["rollback", "tiny", "--env", "prod", "--to", alone.first, "-o", "json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["state"] == "live already"
    assert run(["rollback", "tiny", "--env", "prod"]) == 3
    assert capsys.readouterr().err.startswith(f"nothing was live as tiny in prod before {alone.first[:19]}…\nhint: ")


def test_where_nothing_is_live_it_says_what_to_type(
    alone: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(alone.root)
    (alone.root / "conf/project.yaml").write_text("name: shop\nenvironments: {staging: {}, prod: {after: staging}}\n")
    cure = {place: f"nothing is live in {place}: mlops release NAME --env {place}\n" for place in ("staging", "prod")}
    assert run(["show"]) == 3
    assert capsys.readouterr() == ("", cure["staging"] + cure["prod"])
    alone.say("staging", alone.first)
    assert run(["show"]) == 0
    assert capsys.readouterr().err.startswith(cure["prod"]), "of one, beside what is live in another"
    assert run(["show", "--env", "prod", "-o", "json"]) == 3
    assert json.loads(capsys.readouterr().out)["silent"] == ["prod"]
    assert run(["show", "--env", "nowhere"]) == 4


def test_a_repository_where_nothing_ran_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = make_repository(tmp_path / "shop")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        assert run(["show"]) == 0
    assert capsys.readouterr() == ("", "no environment is declared, and nothing ran here: mlops run NAME\n")


def test_a_release_from_the_command_line_to_what_is_live(
    shop: Shop, api: Api, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(shop.root)
    assert run(["release", "tiny", "--env", "staging", "--propose", "-o", "json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)
    assert (told["state"], told["pull_request"]["url"]) == ("proposed", "https://github.com/shop/models/pull/1")
    assert run(["release", "tiny", "absent", "--env", "staging"]) == 4
    shown = capsys.readouterr()
    assert shown.out == (
        f"tiny in staging: nothing → {shop.second}\n"
        "written: conf/release/staging/tiny.yaml; commit it, or propose it with --propose\n"
    )
    assert shown.err == "there is no pipeline `absent`\nhint: one of: tiny\n"
    made = commit(shop.root, "Release tiny")
    assert run(["reconcile", "--env", "staging"]) == 0
    shown = capsys.readouterr()
    assert shown.out.splitlines() == [
        "pipeline  was                 should be            action",
        f"tiny      staging is nothing  {shop.second[:19]}  moved",
    ]
    assert shown.err == (
        "tiny: approval: not looked at: set GITHUB_TOKEN (`pull-requests: read`) and GITHUB_REPOSITORY=owner/name, "
        f"or give --reviews FILE\nstaging at {made[:8]}: 2 written, 1 model\n"
    )
    with shop.client() as client:
        client.set_registered_model_alias("tiny", "staging", "1")
    assert run(["reconcile", "--env", "staging", "--dry-run", "-o", "json"]) == 3
    assert json.loads(capsys.readouterr().out)["rows"][0]["action"] == "would heal"
    assert run(["reconcile", "--env", "staging"]) == 0
    assert capsys.readouterr().err.splitlines()[0] == (
        f"tiny drifted: alias staging is version 1 ({shop.first[:19]}…), should be version 2 ({shop.second[:19]}…)"
    )


@pytest.mark.parametrize("environment", ["../prod", "Prod", "", "prod/x"])
def test_an_environment_is_a_plain_name(alone: Shop, environment: str) -> None:
    assert str(refused(lambda: release(alone.root, Wanted("tiny", environment)))) == (
        f"there is no environment `{environment}`"
    )


@pytest.mark.parametrize("environment", ["champion", "latest", "v1"])
def test_an_environment_is_an_alias_that_is_free(alone: Shop, environment: str) -> None:
    said = refused(lambda: release(alone.root, Wanted("tiny", environment)))
    assert str(said) == f"`{environment}` cannot be the alias of an environment"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, f"# yaml-language-server: $schema=../../.schema/release.json\nbundle: {B}\n"),
        (
            f"# why\nbundle: {A}  # live\nrollout: {{canary: 10%}}\n",
            f"# why\nbundle: {B}  # live\nrollout: {{canary: 10%}}\n",
        ),
        (f"bundle: '{A}'\nreason: old\n", f"bundle: {B}\n"),
        (f"bundle: {A}", f"bundle: {B}\n"),
        (f"break_glass: {{by: '@a', reason: no review today, since: '2026-11-20'}}\nbundle: {A}\n", f"bundle: {B}\n"),
        (f"bundle: {A}\nbreak_glass:\n  by: '@a'\n\n  since: '2026-11-20'\n# end\n", f"bundle: {B}\n# end\n"),
    ],
)
def test_only_the_bundle_and_the_reason_of_a_file_change(text: str | None, expected: str) -> None:
    assert written(text, B, None, "conf/release/prod/tiny.yaml") == expected


@pytest.mark.parametrize(
    "text", [f"{{bundle: '{A}'}}\n", f"bundle:\n  {A}\n", f"reason: >\n  two\n  lines\nbundle: {A}\n"]
)
def test_a_file_written_otherwise_is_left_to_a_person(text: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        written(text, B, None, "conf/release/prod/tiny.yaml")
    assert str(caught.value) == "conf/release/prod/tiny.yaml is not written a key a line"
    assert caught.value.hint == f"edit it by hand: `bundle: {B}`"
