"""What each job of each compiled workflow may do, when it starts, and whose code it runs."""

from __future__ import annotations

import functools
import itertools
import re
from typing import Any

import pytest
import yaml

from tests.builders.workflows import CLOUDS, jobs, project, workflows

pytestmark = pytest.mark.slow

CONTENTS, PULLS, IDENTITY = {"contents": "write"}, {"pull-requests": "write"}, {"id-token": "write"}
READ, ADOPTS = {"contents": "read"}, {"actions": "read"}
REVIEWS = {**READ, "pull-requests": "read"}
JUDGES = {
    "pr/check": (READ, "read", ""),
    "pr/affected": (READ, "read", ""),
    "pr/pipeline": (READ, "read", ""),
    "pr/judge": ({**READ, "pull-requests": "read"}, "none", ""),
    "pr/judged": ({}, "none", ""),
    "pr/comment": ({**READ, **PULLS}, "none", ""),
    "pr/verdict": ({}, "none", ""),
    "dependencies/audit": (READ, "none", ""),
    "dependencies/processor": (READ, "none", ""),
}
# on main: who finds out, who makes, who takes over what was judged
BUILDS = {"attestations": "write", "id-token": "write", "packages": "write"}
MAKES = {"main/before": (READ, "none", ""), "main/make": (READ, "none", "")}
IMAGE = {"main/image": (BUILDS, "none", "mlops-main")}
TAKES = {**READ, **ADOPTS, "pull-requests": "read"}
PROPOSES = ("main/register", "monitor/retrain", "retrain/retrain", "rollback/rollback")

# job: (scopes, cache, environment), with neither App nor cloud
PLAIN = {
    "settings/settings": (READ, "none", ""),
    **JUDGES,
    **MAKES,
    **IMAGE,
    "main/take": (TAKES, "none", ""),
    "release/reconcile-staging": (REVIEWS, "none", "staging"),
    "release/reconcile-prod": (REVIEWS, "none", "prod"),
    "monitor/due": (READ, "none", ""),
    "monitor/watch": (READ, "none", ""),
    "score/due": (READ, "none", ""),
    "score/score": (READ, "none", ""),
    **{name: ({**CONTENTS, **PULLS}, "none", "") for name in PROPOSES},
    "main/register": ({**CONTENTS, **PULLS, **ADOPTS}, "none", ""),
}
# with an App no job's own token writes, and every trusted job signs in
WHOLE = {
    "settings/settings": (READ, "none", "mlops-main"),
    **JUDGES,
    **MAKES,
    **IMAGE,
    "main/take": ({**TAKES, **IDENTITY}, "none", "mlops-main"),
    "release/reconcile-staging": (REVIEWS, "none", "staging"),
    "release/reconcile-prod": ({**REVIEWS, **IDENTITY}, "none", "prod"),
    "monitor/due": (READ, "none", ""),
    "score/due": (READ, "none", ""),
    **{name: ({**READ, **IDENTITY}, "none", "mlops-main") for name in ("monitor/watch", "score/score", *PROPOSES)},
    # what was judged is looked for and fetched by the job's own token, which may only read
    "main/register": ({**READ, **IDENTITY, **ADOPTS, "pull-requests": "read"}, "none", "mlops-main"),
}
TRIGGERS = {"pull_request", "merge_group", "push", "schedule", "workflow_dispatch", "workflow_call"}
KINDS = list(itertools.product(CLOUDS, (None, {"id": "Iv1"}), ("ubuntu-24.04", ["self-hosted", "gpu"])))


def matrix(texts: dict[str, str]) -> dict[str, tuple[dict[str, str], str, str]]:
    return {
        name: (job["permissions"], job["cache-mode"], job.get("environment", "")) for name, job in jobs(texts).items()
    }


@functools.cache
def every() -> list[tuple[str, dict[str, Any]]]:
    found = [workflows(project(cloud, app=app, runner=runner)) for cloud, app, runner in KINDS]
    return [item for texts in found for item in jobs(texts).items()]


def steps() -> list[tuple[str, dict[str, Any]]]:
    return [(name, step) for name, job in every() for step in job["steps"]]


def test_without_an_app_or_a_cloud() -> None:
    assert matrix(workflows(project())) == PLAIN


@pytest.mark.parametrize("cloud", ["aws", "gcp", "azure"])
def test_with_an_app_and_a_cloud(cloud: str) -> None:
    assert matrix(workflows(project(cloud, app={"id": "Iv1"}))) == WHOLE


@pytest.mark.parametrize("runner", ["ubuntu-24.04", ["self-hosted"]])
def test_with_a_reader_what_runs_and_what_judges_have_an_identity_and_no_cache(runner: Any) -> None:
    reader = {"cloud": CLOUDS["aws"]}
    plain, read = (matrix(workflows(project("aws", runner=runner, **ci))) for ci in ({}, {"reader": reader}))
    assert {name for name in plain if plain[name] != read[name]} == {"pr/pipeline", "pr/judge", "main/make"}
    judging, *others = read["pr/judge"]
    assert (judging, others) == ({**read["pr/pipeline"][0], "pull-requests": "read"}, [*read["pr/pipeline"][1:]])
    assert read["main/make"] == ({**READ, **IDENTITY}, "none", "mlops-read")
    scopes, cache, environment = read["pr/pipeline"]
    assert (scopes, cache) == ({**READ, **IDENTITY}, "none")
    stranger = "${{ github.event_name == 'pull_request' && github.event.pull_request.head.repo.full_name != "
    outside = stranger + "github.repository && 'own-runners' || 'mlops-read' }}"
    assert environment == ("mlops-read" if runner == "ubuntu-24.04" else outside)


def test_only_the_step_that_fetches_takes_the_readers_identity() -> None:
    texts = workflows(project("gcp", reader={"cloud": CLOUDS["gcp"]}))
    recorded = "Fetch what is recorded"
    for job, name in (("pr/pipeline", recorded), ("pr/judge", "Fetch the data"), ("main/make", recorded)):
        steps = jobs(texts)[job]["steps"]
        assert [step["name"] for step in steps if "IDENTITY" in str(step)] == [name]
        (fetches,) = [step for step in steps if "mlops identity" in step.get("run", "")]
        assert (fetches["name"], fetches["env"]["READER"]) == (name, "mlops-read")


def test_every_step_that_signs_in_signs_out_again_before_it_begins_to_do_anything() -> None:
    for cloud in ("aws", "gcp", "azure"):
        texts = workflows(project(cloud, reader={"cloud": CLOUDS[cloud]}, writer=CLOUDS["gcp"]))
        scripts = [step.get("run", "") for job in jobs(texts).values() for step in job["steps"]]
        signing = [script for script in scripts if "mlops identity" in script]
        assert len(signing) > 8
        trap = "trap 'rm -rf \"$IDENTITY\"' EXIT"
        assert all(trap in script.partition(".venv/bin/mlops identity")[0] for script in signing)
        assert all(script.count("trap") == 1 for script in signing), "a second one would take the place of the first"


def test_the_job_after_a_merge_is_the_writer_for_one_step_and_no_other_job_ever_is() -> None:
    found = jobs(workflows(project("aws", writer=CLOUDS["gcp"])))
    writes = {name: [step["name"] for step in job["steps"] if "--writer" in str(step)] for name, job in found.items()}
    assert {name: steps for name, steps in writes.items() if steps} == {
        "main/register": ["Push what Git does not hold"]
    }
    (push,) = [step for step in found["main/register"]["steps"] if "--writer" in str(step)]
    assert set(push["env"]) == {"PIPELINES", "IDENTITY", "GOOGLE_APPLICATION_CREDENTIALS"}
    alone = matrix(workflows(project(writer=CLOUDS["gcp"])))
    plain = matrix(workflows(project()))
    assert {name for name in plain if plain[name] != alone[name]} == {"main/register"}
    assert alone["main/register"] == ({**CONTENTS, **PULLS, **ADOPTS, **IDENTITY}, "none", "mlops-main")


def test_workflows_start_with_no_permission_and_only_on_what_the_team_does() -> None:
    for text in workflows(project("aws")).values():
        value = yaml.safe_load(text)
        assert value["permissions"] == {}
        triggers = value.get("on", value.get(True))
        assert set(triggers) <= TRIGGERS
        # GitHub waits for ever for a required check that a filter keeps from starting
        assert "verdict" not in value["jobs"] or not {"paths", "paths-ignore"} & set(triggers.get("pull_request") or {})


def test_every_permission_says_why() -> None:
    text = "".join(workflows(project("aws")).values())
    lines = re.findall(r"^      (?:actions|contents|pull-requests|id-token): (.*)$", text, re.MULTILINE)
    assert len(lines) > 20
    assert all(re.fullmatch(r"(read|write) # to [a-z ]+", line) for line in lines)


def test_one_job_alone_may_push_images_and_attest_and_it_has_no_checkout_and_no_secret() -> None:
    for name, job in every():
        writes = {scope for scope, level in job["permissions"].items() if level == "write"}
        assert bool(writes & {"packages", "attestations"}) == (name == "main/image"), name
        if name == "main/image":
            uses = [step["uses"].split("@")[0] for step in job["steps"] if "uses" in step]
            assert uses == ["actions/download-artifact", "actions/attest-build-provenance"]
            assert ".venv" not in str(job)
            assert "secrets." not in str(job)


def test_no_job_of_a_pull_request_both_runs_its_own_code_and_judges() -> None:
    found = {name: said(job) for name, job in every() if name.startswith("pr/")}
    assert {name for name, verbs in found.items() if "run" in verbs} == {"pr/pipeline"}
    assert {name for name, verbs in found.items() if {"judge", "gate"} & verbs} == {"pr/judge"}
    for name, job in every():
        if name == "pr/judge":
            first, second = [
                step["with"] for step in job["steps"] if step.get("uses", "").startswith("actions/checkout@")
            ]
            assert "base" in first["ref"]
            assert "path" not in first
            assert second["path"] == "change"


def said(job: dict[str, Any]) -> set[str]:
    """List the verbs that a job types."""
    runs = "\n".join(str(step.get("run", "")) for step in job["steps"])
    return set(re.findall(r"(?:mlops|\"\$JUDGE\") (\w+)", runs))


def test_a_repository_that_brings_the_program_has_one_job_more_that_may_only_read() -> None:
    assert matrix(workflows(project(install="make"))) == {**PLAIN, "pr/framework": (READ, "none", "")}
    texts = workflows(project(install="make"))
    found = {name: said(job) for name, job in jobs(texts).items() if name.startswith("pr/")}
    assert {name for name, verbs in found.items() if "judge" in verbs} == {"pr/judge", "pr/framework"}
    typed = [step["run"] for step in jobs(texts)["pr/framework"]["steps"] if "mlops judge" in step.get("run", "")]
    assert [("--fetch" in text, "--rows" in text) for text in typed] == [(True, False), (False, True)]


def test_a_privileged_job_never_reads_the_shared_cache() -> None:
    for name, job in every():
        privileged = "write" in job["permissions"].values() or name.split("/")[0] != "pr"
        assert not (privileged and job["cache-mode"] != "none"), name
    assert not [name for name, step in steps() if "cache" in (step.get("with") or {})]


def test_no_checkout_keeps_a_credential() -> None:
    found = [step["with"] for _, step in steps() if step.get("uses", "").startswith("actions/checkout@")]
    assert len(found) > 100
    assert all(inputs["persist-credentials"] is False for inputs in found)
    assert not [inputs for inputs in found if "allow-unsafe-pr-checkout" in inputs]


def test_what_follows_a_merge_runs_what_the_branch_is_now() -> None:
    branch, judge, commit = (
        "refs/heads/main",
        *(f"${{{{ needs.before.outputs.{one} }}}}" for one in ("judge", "commit")),
    )
    refs = {"main/take": [judge, commit], "main/register": [judge, commit], "main/make": [commit], "main/image": []}
    for name, job in every():
        if name.startswith(("pr/", "dependencies/")):
            continue
        uses = [step for step in job["steps"] if step.get("uses", "").startswith("actions/checkout@")]
        assert [step["with"]["ref"] for step in uses] == refs.get(name, [branch]), name
        assert [step["with"].get("path", "") for step in uses] == ["", "change"][: len(uses)], name
        if name != "monitor/retrain":
            assert job["if"].removeprefix("!cancelled() && ").startswith(f"github.ref == '{branch}'"), name


def test_only_the_step_that_proposes_or_posts_sees_a_token() -> None:
    seen = {step["name"] for _, step in steps() if re.search(r"github\.token|app\.outputs\.token", str(step))}
    assert seen == {
        "Build and push",
        "Find what main was before",
        "Find what was judged",
        "Look at the settings",
        "Look up who approved the waivers",
        "Post it as a comment",
        "Propose a retraining",
        "Propose the bundle before",
        "Propose the records and the releases",
        "Reconcile",
        "Take over what was judged",
    }
    for _, step in steps():
        assert not ("github.token" in str(step) and "app.outputs.token" in str(step))


def test_the_only_secret_is_the_apps_key_and_the_app_may_do_two_things_here() -> None:
    found = [(name, step) for name, step in steps() if "secrets." in str(step)]
    assert {step["name"] for _, step in found} == {"Speak for the App"}
    asked = {(name, tuple(sorted(step["with"].items()))) for name, step in found}
    key = (("client-id", "Iv1"), ("private-key", "${{ secrets.MLOPS_APP_KEY }}"))
    writes = (("permission-contents", "write"), ("permission-pull-requests", "write"))
    looks = tuple((f"permission-{what}", "read") for what in ("administration", "contents", "environments", "secrets"))
    assert asked == {
        (name, tuple(sorted((*key, *(looks if name == "settings/settings" else writes)))))
        for name in (*PROPOSES, "settings/settings")
    }
    for name, job in every():
        if "secrets." in str(job):
            assert job["environment"] == "mlops-main", name


SECRETS = {"MLFLOW_TRACKING_TOKEN": "tracking", "AWS_ACCESS_KEY_ID": "remote", "AZURE_STORAGE_SAS_TOKEN": "log"}
LOOKS = {"AWS_ACCESS_KEY_ID", "AZURE_STORAGE_SAS_TOKEN", "MLFLOW_TRACKING_TOKEN"}
RELEASES = {"AWS_ACCESS_KEY_ID", "MLFLOW_TRACKING_TOKEN"}
HOLDERS = {
    ("main/take", "Fetch the data"): {"AWS_ACCESS_KEY_ID"},
    ("main/take", "Find what was judged"): RELEASES,
    ("main/register", "Take over what was judged"): RELEASES,
    ("main/register", "Fetch the data"): {"AWS_ACCESS_KEY_ID"},
    ("main/register", "Register"): RELEASES,
    ("main/register", "Push what Git does not hold"): {"AWS_ACCESS_KEY_ID"},
    ("main/register", "Propose the records and the releases"): RELEASES,
    ("main/register", "Lay out the images"): RELEASES,
    ("release/reconcile-staging", "Reconcile"): RELEASES,
    ("release/reconcile-prod", "Reconcile"): RELEASES,
    ("monitor/watch", "Fetch"): {"AWS_ACCESS_KEY_ID"},
    ("monitor/watch", "Monitor"): LOOKS,
    ("score/score", "Fetch"): {"AWS_ACCESS_KEY_ID"},
    ("score/score", "Score"): LOOKS,
    ("monitor/retrain", "Propose a retraining"): {"AZURE_STORAGE_SAS_TOKEN"},
    ("retrain/retrain", "Fetch"): {"AWS_ACCESS_KEY_ID"},
    ("retrain/retrain", "Look at what was served"): LOOKS,
    ("retrain/retrain", "Propose a retraining"): {"AZURE_STORAGE_SAS_TOKEN"},
    ("rollback/rollback", "Propose the bundle before"): RELEASES,
}


def held(texts: dict[str, str]) -> dict[tuple[str, str], set[str]]:
    """List which secrets each step holds, the App's key left out."""
    found = {
        (name, step["name"]): set(re.findall(r"secrets\.(\w+)", str(step))) - {"MLOPS_APP_KEY"}
        for name, job in jobs(texts).items()
        for step in job["steps"]
    }
    return {place: names for place, names in found.items() if names}


@pytest.mark.parametrize("app", [None, {"id": "Iv1"}])
@pytest.mark.parametrize("cloud", ["none", "gcp"])
def test_a_secret_is_held_by_the_steps_that_it_is_for_and_by_nothing_else(cloud: str, app: Any) -> None:
    shop = project(cloud, app=app, secrets=SECRETS)
    texts = workflows(shop)
    assert held(texts) == HOLDERS
    found = jobs(texts)
    for (name, title), names in HOLDERS.items():
        (step,) = [step for step in found[name]["steps"] if step["name"] == title]
        assert {key: value for key, value in step["env"].items() if key in SECRETS} == {
            key: f"${{{{ secrets.{key} }}}}" for key in names
        }
        assert not any(f"secrets.{key}" in str(step.get("run", "")) for key in SECRETS)
    for text in texts.values():
        value = yaml.safe_load(text)
        outside = {**value, "jobs": {name: {**job, "steps": None} for name, job in value["jobs"].items()}}
        assert "secrets." not in str(outside)


def test_a_job_that_holds_a_secret_waits_for_the_environment_that_has_it() -> None:
    shop = project(secrets=SECRETS)
    found, needed = jobs(workflows(shop)), {}
    for (name, _), names in held(workflows(shop)).items():
        needed.setdefault(found[name]["environment"], set()).update(names)
        started = found[name].get("if", "").removeprefix("!cancelled() && ")
        assert started.startswith("github.ref == 'refs/heads/main'") or name == "monitor/retrain"
    assert {place: tuple(sorted(names)) for place, names in needed.items()} == {
        place: shop.secrets_in(place) for place in ("mlops-main", "staging", "prod")
    }
    plain = matrix(workflows(project()))
    # nothing else of a job changes: neither its scopes nor the cache
    assert {name: job[:2] for name, job in matrix(workflows(shop)).items()} == {
        name: job[:2] for name, job in plain.items()
    }


@pytest.mark.parametrize("use", ["tracking", "remote", "log"])
def test_what_a_pull_request_runs_is_the_same_whatever_secrets_there_are(use: str) -> None:
    for runner in ("ubuntu-24.04", ["self-hosted"]):
        reader = {"cloud": CLOUDS["gcp"]}
        name = "MLFLOW_TRACKING_TOKEN" if use == "tracking" else "AWS_ACCESS_KEY_ID"
        plain, more = (workflows(project(runner=runner, reader=reader, **ci)) for ci in ({}, {"secrets": {name: use}}))
        moved = {path.rsplit("mlops-", 1)[1] for path in plain if plain[path] != more[path]}
        assert moved
        assert not moved & {"pr.yml", "dependencies.yml"}


def test_a_token_of_the_workflow_comes_with_a_notice_that_checks_do_not_start() -> None:
    plain, app = (jobs(workflows(project(app=value))) for value in (None, {"id": "Iv1"}))
    for name in PROPOSES:
        assert "Say that checks do not start" in [step["name"] for step in plain[name]["steps"]]
        assert "Say that checks do not start" not in [step["name"] for step in app[name]["steps"]]


def test_no_expression_reaches_a_shell_and_nothing_is_handed_on_by_the_environment_file() -> None:
    scripts = [step["run"] for _, step in steps() if "run" in step]
    assert not [script for script in scripts if "${{" in script]
    assert not [script for script in scripts if re.search(r"GITHUB_(ENV|PATH)\b", script)]


def test_every_action_is_githubs_own_and_pinned() -> None:
    text = "".join(workflows(project("aws", app={"id": "Iv1"})).values())
    uses = re.findall(r"uses: (.*)", text)
    assert uses
    assert all(re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", use) for use in uses)


def test_what_deploys_is_never_cancelled_or_dropped() -> None:
    for path, text in workflows(project("aws")).items():
        concurrency = yaml.safe_load(text)["concurrency"]
        if path.endswith(("mlops-pr.yml", "mlops-dependencies.yml")):
            assert concurrency["cancel-in-progress"] == "${{ github.event_name == 'pull_request' }}"
        else:
            assert (concurrency["cancel-in-progress"], concurrency["queue"]) == (False, "max")
    found = jobs(workflows(project()))
    assert found["release/reconcile-prod"]["concurrency"] == {
        "group": "mlops-release-prod",
        "cancel-in-progress": False,
        "queue": "max",
    }


OUTSIDE = (
    "${{ github.event_name == 'pull_request' && "
    "github.event.pull_request.head.repo.full_name != github.repository && 'own-runners' || '' }}"
)


@pytest.mark.parametrize(
    ("runner", "expected"),
    [("ubuntu-24.04", ""), (["self-hosted", "linux"], OUTSIDE), ("gpu-a100", OUTSIDE)],
)
def test_a_strangers_change_waits_before_it_reaches_a_machine_of_ones_own(runner: Any, expected: str) -> None:
    found = jobs(workflows(project(runner=runner)))
    for name in ("pr/check", "pr/affected", "pr/pipeline", "dependencies/audit", "dependencies/processor"):
        assert found[name].get("environment", "") == expected


def test_each_period_has_its_own_time_and_what_is_due_then_is_asked() -> None:
    value = yaml.safe_load(workflows(project())[".github/workflows/mlops-monitor.yml"])
    crons = [item["cron"] for item in value.get("on", value.get(True))["schedule"]]
    assert [re.sub(r"\d+", "N", cron) for cron in crons] == ["N * * * *", "N N * * *", "N N * * N"]
    assert not [cron for cron in crons if cron.startswith("0 ")], "everybody's jobs start at the full hour"
    due, watch = value["jobs"]["due"], value["jobs"]["watch"]
    assert due["steps"][-1]["env"] == {"SCHEDULE": "${{ github.event.schedule }}"}
    assert watch["needs"] == ["due"]
    assert watch["strategy"]["matrix"] == {"batch": "${{ fromJSON(needs.due.outputs.batches) }}"}


@pytest.mark.parametrize("most", [1, 32, 256])
def test_a_matrix_tells_by_the_index_of_its_jobs_and_by_no_name(most: int) -> None:
    texts = workflows(project(jobs=most))
    told = {name: set(job.get("outputs", {})) for name, job in jobs(texts).items()}
    assert told["pr/pipeline"] == {f"{what}-{index}" for what in ("bundle", "evidence") for index in range(most)}
    assert told["monitor/watch"] == {"asked", *(f"reports-{index}" for index in range(most))}


def test_what_a_person_types_reaches_nothing_but_the_environment_of_steps_and_the_queue() -> None:
    for name, asked in (("retrain", {"name"}), ("rollback", {"name", "environment"})):
        value = yaml.safe_load(workflows(project())[f".github/workflows/mlops-{name}.yml"])
        inputs = value.get("on", value.get(True))["workflow_dispatch"]["inputs"]
        assert set(inputs) == asked
        assert (inputs["name"]["type"], inputs["name"]["required"]) == ("string", True)
        (job,) = value["jobs"].values()
        rest = {**value, "on": None, True: None, "jobs": [step | {"env": None} for step in job["steps"]]}
        assert re.findall(r"inputs\.\w+", str(rest)) == ["inputs.name"]
        assert rest["concurrency"]["group"] == f"mlops-{name}-${{{{ inputs.name }}}}"


def test_a_rollback_chooses_among_the_environments() -> None:
    value = yaml.safe_load(workflows(project())[".github/workflows/mlops-rollback.yml"])
    inputs = value.get("on", value.get(True))["workflow_dispatch"]["inputs"]
    assert (inputs["environment"]["type"], inputs["environment"]["options"]) == ("choice", ["staging", "prod"])
