from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from mlops.bundle.contents import Contents
from mlops.bundle.papers import Papers
from mlops.errors import IntegrityError
from mlops.present.markdown.release import Step, release_body, rollback_body
from tests.builders.bundles import make_bundle
from tests.builders.confronted import compared
from tests.builders.papers import gate_of

LIVE = f"sha256:{'a' * 64}"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Contents:
    return Contents.read(make_bundle(tmp_path_factory.mktemp("bundle") / "tiny"))


@pytest.fixture(scope="module")
def papers(bundle: Contents) -> Papers:
    return with_figures(bundle)


def with_figures(bundle: Contents, **models: Any) -> Papers:
    figures = {name: {"auroc": {"value": value, "low": value - 0.1, "high": None}} for name, value in models.items()}
    reports = {"gate.json": gate_of(bundle.digest), "metrics.json": {"models": figures}}
    return Papers(bundle.digest, {name: json.dumps(value).encode() for name, value in reports.items()}, {})


def table(body: str) -> list[str]:
    return body[body.index("| metric |") :].splitlines()


def test_figures_stand_beside_the_live_ones_of_the_same_rows(bundle: Contents, papers: Papers) -> None:
    both = {"candidate": 0.75, "champion": 0.5}
    figures = {name: {"auroc": {"value": value, "low": value - 0.1}} for name, value in both.items()}
    made = compared(bundle.digest, LIVE, models=figures)
    body = release_body(Step("prod", "tiny", bundle, papers, LIVE, comparison=made))
    assert "| ✅ AUROC against champion | 0.250 | [0.200, 0.300] | -0.9 | 40 |" in body
    assert table(body) == [
        "| metric | this bundle | live one, on the same test rows |",
        "| --- | --- | --- |",
        "| AUROC | 0.750 [0.650, –] | 0.500 [0.400, –] |",
    ]


def test_another_live_one_is_shown_as_it_was_measured(bundle: Contents) -> None:
    new, old = with_figures(bundle, candidate=0.75), with_figures(bundle, candidate=0.7)
    head, _, row = table(release_body(Step("staging", "tiny", bundle, new, LIVE, bundle, old)))
    assert head == "| metric | this bundle | live one, as measured when it was made, on its own test rows |"
    assert row == "| AUROC | 0.750 [0.650, –] | 0.700 [0.600, –] |"
    assert table(release_body(Step("staging", "tiny", bundle, new)))[2] == "| AUROC | 0.750 [0.650, –] | – |"


def test_what_people_wrote_is_shown_and_does_nothing_else(bundle: Contents, papers: Papers) -> None:
    body = release_body(Step("prod", "tiny", bundle, papers, reason="@everybody <img src=x> | [a](b)"))
    assert "@everybody" not in body
    assert "<img" not in body
    assert "Nothing was live there before." in body


@pytest.mark.parametrize(
    ("judged", "said"),
    [
        (None, None),
        ("", "Judged by the run of its pull request: the very same bundle."),
        (LIVE, f"judged `{LIVE}`, which could not be taken over. `{{bundle}}` was made again on the main branch"),
        ("unknown", "judged is not known any more. `{bundle}` was judged on the main branch, and passed there by the"),
    ],
)
def test_both_bundles_are_named_where_the_judged_one_was_made_again(
    bundle: Contents, papers: Papers, judged: str | None, said: str | None
) -> None:
    body = release_body(Step("staging", "tiny", bundle, papers, judged=bundle.digest if judged == "" else judged))
    if said is None:
        assert "pull request" not in body
    else:
        assert said.format(bundle=bundle.digest) in body


def test_a_rollback_says_whether_requests_change(bundle: Contents, papers: Papers) -> None:
    schema = json.loads(bundle.files["schema.json"])
    schema["fields"][0]["nullable"] = not schema["fields"][0]["nullable"]
    live = dataclasses.replace(bundle, files={**bundle.files, "schema.json": json.dumps(schema).encode()})
    said = "- ❌ requests differ from the live one's in age\n"
    assert said in rollback_body(Step("prod", "tiny", bundle, papers, LIVE, live))
    assert "- ❔ the live bundle is not here" in rollback_body(Step("prod", "tiny", bundle, papers, LIVE))


@pytest.mark.parametrize("gate", [b"", b"[]", b"{}", b'{"verdict": "great"}'])
def test_a_bundle_without_a_verdict_is_refused(papers: Papers, gate: bytes) -> None:
    damaged = dataclasses.replace(papers, files={**papers.files, "gate.json": gate})
    with pytest.raises(IntegrityError, match=r"^gate\.json of the bundle sha256:\w+… is no report$"):
        _ = damaged.gate
