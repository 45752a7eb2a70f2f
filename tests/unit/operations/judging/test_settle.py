"""Rules over the live model are judged where the result is to be used, on the candidate's own test rows."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from mlops.documents.comparison import Comparison, file_of
from mlops.errors import Inconclusive, InfrastructureError, IntegrityError, StaleError
from mlops.ml.evaluation.predictions import Predictions
from mlops.operations.judging.learnt import seen
from mlops.operations.judging.rejudge import rejudge
from mlops.operations.judging.settle import settled
from tests.builders.bundles import make_frame
from tests.builders.confronted import ABSOLUTE, OTHER, OVER_LIVE, candidate, make_confronted
from tests.builders.flipped import flip
from tests.builders.released import Shop, run_of
from tests.builders.repositories import commit, git

pytestmark = pytest.mark.slow

CANDIDATE = "sha256:" + "d" * 64
TOO_GOOD = {**OVER_LIVE, "id": "auroc-far-over-champion", "at_least": 0.9}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return make_confronted(tmp_path_factory.mktemp("confronted"))


@pytest.fixture
def shop(made: Shop, tmp_path: Path) -> Shop:
    root = tmp_path / "work"
    shutil.copytree(made.root, root, symlinks=True)
    return Shop(root, made.origin, made.first, made.second)


def written(shop: Shop) -> Path:
    return shop.root / file_of("tiny", CANDIDATE, shop.first)


def by_id(rules: Any) -> dict[str, Any]:
    return {rule["id"]: rule for rule in rules}


def test_a_recorded_verdict_knows_nothing_of_what_is_live(shop: Shop) -> None:
    report = json.loads((shop.root / "pipelines/tiny/reports/gate.json").read_bytes())
    assert [rule["verdict"] for rule in report["rules"]] == ["pass", "deferred"]
    assert report["verdict"] == "pass"
    assert shop.first not in (shop.root / "pipelines/tiny/params.yaml").read_text()


def test_the_live_model_is_asked_about_the_very_rows(shop: Shop) -> None:
    verdict = settled(shop.root, "tiny")
    rule = by_id(verdict.rules)["auroc-over-champion"]
    assert (verdict.verdict, verdict.champion, rule["verdict"], rule["n"]) == ("pass", shop.first, "pass", 40)
    comparison = Comparison.find(shop.root, "tiny", CANDIDATE, shop.first)
    assert comparison is not None
    assert (comparison.left_out, comparison.rules) == (0, (rule,))
    assert written(shop).read_text() == comparison.dumps()


def test_what_was_compared_is_not_compared_again(shop: Shop) -> None:
    first = settled(shop.root, "tiny")
    shutil.rmtree(shop.root / "pipelines/tiny/artifacts")
    shutil.rmtree(shop.root / ".mlops")
    assert settled(shop.root, "tiny") == first


@pytest.mark.parametrize("change", ["rules", "predictions", "damaged", "of another pair"])
def test_a_comparison_of_something_else_is_made_again(shop: Shop, change: str) -> None:
    settled(shop.root, "tiny")
    document = json.loads(written(shop).read_bytes())
    document |= {"rules": [{**document["rules"][0], "sentence": "forged"}]}
    document |= {
        "rules": {"registered": "sha256:0"},
        "predictions": {"predictions": "sha256:0"},
        "damaged": {"rules": [7]},
        "of another pair": {"champion": CANDIDATE},
    }[change]
    written(shop).write_text(json.dumps(document))
    assert by_id(settled(shop.root, "tiny").rules)["auroc-over-champion"]["sentence"] != "forged"


def test_a_worse_candidate_fails_though_its_run_passed(shop: Shop) -> None:
    candidate(shop.root, gate={"rules": [ABSOLUTE, TOO_GOOD]})
    verdict = settled(shop.root, "tiny")
    error = verdict.error()
    assert (verdict.verdict, error and error.exit_code) == ("fail", 2)
    assert [rule["id"] for rule in verdict.rules] == ["auroc", "auroc-far-over-champion"]


def test_where_nothing_is_live_the_rule_says_so(shop: Shop) -> None:
    shop.file("prod").unlink()
    rule = by_id(settled(shop.root, "tiny").rules)["auroc-over-champion"]
    assert (rule["applicable"], rule["sentence"]) == (
        False,
        "no champion: relative rule not applicable, absolute rules enforced",
    )
    assert not written(shop).exists()


@pytest.mark.parametrize("judge", [settled, lambda root, name: rejudge(root, name, "HEAD").whole])
def test_a_policy_may_ask_for_a_review_of_a_first_model(shop: Shop, judge: Any) -> None:
    shop.file("prod").unlink()
    (shop.root / "conf/policy.yaml").write_text("owners: ['@ada']\nfirst: review\n")
    commit(shop.root, "Nothing is live")
    verdict = judge(shop.root, "tiny")
    assert (verdict.verdict, by_id(verdict.rules)["auroc-over-champion"]["sentence"]) == (
        "inconclusive",
        "nothing is live to compare with, and the policy asks for a review of a first model: waive this rule for it",
    )
    waiver = {"rule": "auroc-over-champion", "reason": "the first one", "owner": "@a", "approver": "@b"}
    days = {"granted": str(date.today()), "expires": str(date.today() + timedelta(days=30))}
    candidate(shop.root, gate={"waivers": [{**waiver, **days}]})
    commit(shop.root, "It was reviewed")
    assert judge(shop.root, "tiny").verdict == "pass"


def test_a_change_cannot_take_the_review_of_a_first_model_away(shop: Shop) -> None:
    shop.file("prod").unlink()
    (shop.root / "conf/policy.yaml").write_text("owners: ['@ada']\nfirst: review\n")
    commit(shop.root, "Nothing is live")
    (shop.root / "conf/policy.yaml").write_text("owners: ['@ada']\n")
    assert rejudge(shop.root, "tiny", "HEAD").verdict == "inconclusive"


def test_the_live_bundle_itself_has_nothing_to_be_compared_with(shop: Shop) -> None:
    shop.file("prod").write_text(f"bundle: {CANDIDATE}\n")
    verdict = settled(shop.root, "tiny")
    assert (verdict.verdict, verdict.champion) == ("pass", None)


def test_a_live_bundle_that_cannot_be_had_is_not_no_live_bundle(shop: Shop) -> None:
    shutil.rmtree(shop.root / ".mlops/bundles")
    with pytest.raises(InfrastructureError, match=r"tiny: the bundle sha256:[0-9a-f]{12}… cannot be had"):
        settled(shop.root, "tiny")


def test_a_damaged_live_bundle_is_refused(shop: Shop) -> None:
    model = shop.store().get(shop.first) / "model.onnx"
    model.write_bytes(model.read_bytes()[:-1] + b"x")
    with pytest.raises(IntegrityError, match="cannot be had"):
        settled(shop.root, "tiny")


def test_test_rows_that_are_not_here_are_asked_for(shop: Shop) -> None:
    (shop.root / "pipelines/tiny/artifacts/split/test.parquet").unlink()
    with pytest.raises(InfrastructureError) as raised:
        settled(shop.root, "tiny")
    assert str(raised.value) == "tiny: the test rows are not here, and the live model is asked about them"
    assert raised.value.hint == "mlops fetch tiny brings them, or mlops run tiny"


def test_predictions_other_than_the_recorded_ones_are_refused(shop: Shop) -> None:
    path = shop.root / "pipelines/tiny/artifacts/evaluation/predictions.parquet"
    Predictions.read(path).take(pl.Series(range(30)).to_numpy()).write(path)
    with pytest.raises(StaleError, match="recorded for other predictions"):
        settled(shop.root, "tiny")


def test_a_live_model_of_another_question_fails_the_rule(tmp_path: Path) -> None:
    shop = make_confronted(tmp_path, "multiclass")
    rule = by_id(settled(shop.root, "tiny").rules)["auroc-over-champion"]
    assert (rule["verdict"], rule["applicable"]) == ("fail", True)
    assert rule["sentence"] == (
        "the live model predicts multiclass classes high, low, middle, this one binary classes False, True: "
        "a new question is a pipeline of its own"
    )


def test_rows_of_an_unknown_split_leave_doubt(shop: Shop) -> None:
    candidate(shop.root, OTHER)
    rule = by_id(settled(shop.root, "tiny").rules)["auroc-over-champion"]
    assert rule["verdict"] == "inconclusive"
    assert rule["sentence"].startswith("which rows the live model learnt from is not known: dvc has not the split")


def test_rows_that_the_live_model_learnt_from_are_left_out(shop: Shop) -> None:
    def dvc(*arguments: str) -> None:
        subprocess.run([sys.executable, "-m", "dvc", *arguments], cwd=shop.root, check=True, capture_output=True)

    folder = shop.root / "pipelines/tiny"
    live, test = shop.store().get(shop.first), pl.read_parquet(folder / "artifacts/split/test.parquet")
    train = pl.read_parquet(folder / "artifacts/split/train.parquet")
    (folder / "dvc.yaml").write_text("stages:\n  split:\n    cmd: 'true'\n    outs:\n    - artifacts/split\n")
    (folder / "dvc.lock").unlink()
    dvc("init", "-q")
    pl.concat([train, test.head(12)]).write_parquet(folder / "artifacts/split/train.parquet")
    dvc("commit", "-f", "-q", "pipelines/tiny/dvc.yaml:split")
    run_of(shop.root, "tiny", live)
    git(shop.root, "add", "--all", "--force", "pipelines/tiny/dvc.lock")
    commit(shop.root, "The live run, by DVC")
    candidate(shop.root, OTHER)
    rule = by_id(settled(shop.root, "tiny").rules)["auroc-over-champion"]
    assert (rule["n"], rule["verdict"]) == (28, "pass")
    assert json.loads(written(shop).read_bytes())["left_out"] == 12
    written(shop).unlink()
    objects = [path for path in (shop.root / ".dvc/cache/files/md5").rglob("*") if path.is_file()]
    flip(next(path for path in objects if path.suffix != ".dir"))
    with pytest.raises(IntegrityError, match="artifacts/split of commit .* came with other bytes than its dvc.lock"):
        settled(shop.root, "tiny")


def test_a_row_is_known_by_its_content_its_keys_or_its_group() -> None:
    test = make_frame(6, seed=2)
    assert not seen(test, make_frame(60), (), None).any()
    assert seen(test, test.head(2), (), None).tolist() == [True, True, False, False, False, False]
    corrected = test.head(2).with_columns(pl.lit(99.0).alias("age"))
    assert not seen(test, corrected, (), None).any()
    keyed = test.with_columns(pl.Series("id", range(6)))
    assert seen(keyed, keyed.head(2).with_columns(pl.lit(99.0).alias("age")), ("id",), None).sum() == 2
    grouped = test.with_columns(pl.Series("person", [1, 1, 2, 2, 3, 3]))
    elsewhere = grouped.head(1).with_columns(pl.lit(99.0).alias("age"))
    assert seen(grouped, elsewhere, (), "person").sum() == 2
    with pytest.raises(Inconclusive, match="without any column of this one"):
        seen(test, pl.DataFrame({"other": [1]}), (), None)


def test_a_pull_request_is_judged_beside_what_its_base_has_live(shop: Shop) -> None:
    written(shop).parent.mkdir()
    written(shop).write_text("{}")  # whatever it brings along
    shop.file("prod").unlink()  # and whatever it takes away
    commit(shop.root, "A pull request")
    found = rejudge(shop.root, "tiny", "HEAD~1")
    assert (found.verdict, found.now.champion) == ("pass", shop.first)
    assert by_id(found.now.rules)["auroc-over-champion"]["n"] == 40


def test_a_rule_on_the_candidate_alone_says_what_the_live_model_has(shop: Shop) -> None:
    candidate(shop.root, gate={"rules": [{**ABSOLUTE, "at_least": 0.99}, OVER_LIVE]})
    commit(shop.root, "Much is asked")
    sentence = by_id(rejudge(shop.root, "tiny", "HEAD").now.rules)["auroc"]["sentence"]
    assert sentence.endswith("; the champion has 0.416 on the same rows")


def test_what_serving_costs_is_measured_once_for_both_gates(shop: Shop) -> None:
    cost = {"id": "latency_p50-over-champion", "metric": "latency_p50", "against": "champion", "at_most": 1e9}
    quick = {"repetitions": 5, "requests": 80, "batch": 2}
    candidate(shop.root, gate={"serving": [cost]}, measure=quick)
    commit(shop.root, "Be quick")
    candidate(shop.root, gate={"serving": [{**cost, "at_most": 2e9}]}, measure=quick)
    found = rejudge(shop.root, "tiny", "HEAD")
    assert found.before is not None
    values = [by_id(judged.rules)[cost["id"]]["value"] for judged in (found.now, found.before)]
    assert values[0] == values[1], "a clock that is read twice says something else"


def test_a_rule_over_the_live_model_that_is_taken_out_still_counts(shop: Shop) -> None:
    candidate(shop.root, gate={"rules": [ABSOLUTE, TOO_GOOD]})
    commit(shop.root, "strict")
    candidate(shop.root, gate={"rules": [ABSOLUTE]})
    found = rejudge(shop.root, "tiny", "HEAD")
    assert (found.now.verdict, found.before and found.before.verdict, found.verdict) == ("pass", "fail", "fail")
