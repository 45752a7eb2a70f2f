"""Manifests of a cluster: what they say, that the published schemas take them, and what is refused before."""

from __future__ import annotations

import re
import shutil
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from mlops.compiler.rules import one_name_in_cluster
from mlops.compiler.rules.registry import examine
from mlops.errors import ConfigurationError
from mlops.operations.compiling.compile import check_files, compile_files
from mlops.operations.workspace import open_workspace
from mlops.plan.placed import Placed
from mlops.targets.cluster import dns, labels
from mlops.targets.kubernetes import KubernetesTarget, manifests
from tests.builders.clusters import BUNDLE, IMAGE, KUBERNETES, RUNTIME, make_clustered, manifests_of, refused
from tests.builders.quick_yaml import load

FOLDER = "kubernetes/prod"
PLACED = Placed("churn", "kubernetes", "prod", BUNDLE, IMAGE, "conf/pipeline/churn.yaml")


def made(**said: Any) -> dict[str, dict[str, Any]]:
    return {path: load(text) for path, text in manifests(PLACED, {**KUBERNETES, **said}).items()}


def pod(**said: Any) -> dict[str, Any]:
    found: dict[str, Any] = made(**said)["deployment.yaml"]["spec"]["template"]["spec"]
    return found


@pytest.mark.slow
def test_each_object_is_what_the_newest_cluster_takes(tmp_path: Path) -> None:
    found = manifests_of(make_clustered(tmp_path / "root", KUBERNETES))
    assert sorted(found) == [
        f"{FOLDER}/{name}.yaml"
        for name in (
            "autoscaler",
            "deployment",
            "disruption-budget",
            "network-policy",
            "service-account",
            "service",
        )
    ]
    assert {path: refused(manifest) for path, manifest in found.items()} == dict.fromkeys(found, "")
    assert {manifest["metadata"]["name"] for manifest in found.values()} == {"churn"}


def test_images_go_by_digest_and_the_server_takes_no_other_bundle() -> None:
    spec = pod()
    (server,) = spec["containers"]
    assert server["image"] == f"ghcr.io/acme/serve@{RUNTIME}"
    volume = {"reference": f"ghcr.io/acme/churn@{IMAGE}", "pullPolicy": "IfNotPresent"}
    assert {"name": "model", "image": volume} in spec["volumes"]
    assert server["args"] == [
        *("/model/models/churn", "--expect", BUNDLE),
        *("--host", "0.0.0.0", "--port", "8080", "--behind", "proxy"),
    ]


def test_a_server_has_no_right_and_no_token_of_the_cluster() -> None:
    spec = pod()
    (server,) = spec["containers"]
    assert (
        spec["automountServiceAccountToken"] is made()["service-account.yaml"]["automountServiceAccountToken"] is False
    )
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert server["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
    }


@settings(max_examples=20)
@given(drain=st.integers(0, 600), answer=st.integers(1, 600))
def test_a_server_may_always_drain_and_answer_before_it_is_killed(drain: int, answer: int) -> None:
    spec = pod(limits={"drain_seconds": float(drain), "answer_seconds": float(answer)})
    stop = spec["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert spec["terminationGracePeriodSeconds"] > stop + drain + answer


def test_as_many_servers_as_are_asked_for_where_nothing_scales() -> None:
    fixed = made(replicas={"least": 3, "most": 3})
    assert fixed["deployment.yaml"]["spec"]["replicas"] == 3
    assert "autoscaler.yaml" not in fixed
    assert "replicas" not in made()["deployment.yaml"]["spec"]  # an apply would undo what the autoscaler said


def test_requests_in_flight_scale_by_the_metric_that_the_server_has(repository: Path) -> None:
    scaler = made(replicas={"by": "in_flight", "target": 8})["autoscaler.yaml"]
    assert refused(scaler) == ""
    (metric,) = scaler["spec"]["metrics"]
    assert metric["pods"]["target"] == {"type": "AverageValue", "averageValue": "8"}
    assert f'"{metric["pods"]["metric"]["name"]}"' in (repository / "mlops/serve/metrics.py").read_text()


def test_a_token_comes_from_the_secret_of_the_servers_name() -> None:
    (server,) = pod(behind=None, auth={"token_from": "ASK"})["containers"]
    assert server["env"] == [{"name": "ASK", "valueFrom": {"secretKeyRef": {"name": "churn", "key": "ASK"}}}]
    assert server["args"][-2:] == ["--token-from", "ASK"]


def test_nothing_goes_out_and_only_who_is_named_comes_in() -> None:
    asked = [{"namespace": {"team": "web"}, "pods": {"app": "shop"}}, {"namespace": {"team": "ops"}}]
    spec = made(asked_by=asked)["network-policy.yaml"]["spec"]
    assert (spec["policyTypes"], spec["egress"]) == (["Ingress", "Egress"], [])
    assert spec["ingress"][0]["from"] == [
        {
            "namespaceSelector": {"matchLabels": {"team": "web"}},
            "podSelector": {"matchLabels": {"app": "shop"}},
        },
        {"namespaceSelector": {"matchLabels": {"team": "ops"}}, "podSelector": {}},
    ]
    assert made()["network-policy.yaml"]["spec"]["ingress"][0]["from"] == [{"podSelector": {}}]


def test_nodes_tolerations_and_accelerators_are_passed_on() -> None:
    tolerated = [{"key": "gpu", "operator": "Equal", "value": "yes", "effect": "NoSchedule"}]
    said = {"resources": {"gpu": 1}, "nodes": {"labels": {"pool": "gpu"}, "tolerations": tolerated}}
    found = made(**said, pull_secret="registry")
    assert refused(found["deployment.yaml"]) == ""
    spec = pod(**said, pull_secret="registry")
    assert (spec["nodeSelector"], spec["tolerations"]) == ({"pool": "gpu"}, tolerated)
    assert spec["imagePullSecrets"] == [{"name": "registry"}]
    assert spec["containers"][0]["resources"]["limits"] == {"memory": "256Mi", "nvidia.com/gpu": "1"}


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"runtime": "ghcr.io/acme/serve:1"}, "String should match pattern"),
        ({"model": f"ghcr.io/acme/churn@{IMAGE}"}, "String should match pattern"),
        ({"model": "ghcr.io/acme/churn:latest"}, "String should match pattern"),
        ({"resources": {"memory": "256MB"}}, "String should match pattern"),
        ({"resources": {"cpu": "0"}}, "String should match pattern"),
        ({"replicas": {"least": 3, "most": 2}}, "`least` is 3, more than `most`, 2"),
        ({"nodes": {"labels": {"a b": "c"}}}, "String should match pattern"),
        ({"nodes": {"tolerations": [{"key": "a"}]}}, "`Equal` has no `value`"),
        ({"nodes": {"tolerations": [{"key": "a", "operator": "Exists", "value": "b"}]}}, "`Exists` has a `value`"),
        ({"auth": {"token_from": "file:///token"}}, "a cluster's secret comes as an environment variable"),
        ({"hostNetwork": True}, "Extra inputs are not permitted"),
    ],
)
def test_what_a_cluster_would_refuse_is_refused_here(said: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        KubernetesTarget.model_validate({**KUBERNETES, **said})


def test_the_schemas_find_a_planted_fault_and_know_no_kind_by_hearsay() -> None:
    deployment = made()["deployment.yaml"]
    misspelt = deepcopy(deployment)
    misspelt["spec"]["template"]["spec"]["tolerashuns"] = []
    assert "tolerashuns" in refused(misspelt)
    text = deepcopy(deployment)
    text["spec"]["replicas"] = "one"
    assert "'one' is not of type" in refused(text)
    with pytest.raises(kubernetes_validate.SchemaNotFoundError):
        refused({"apiVersion": "serving.kserve.io/v1beta1", "kind": "InferenceService", "metadata": {"name": "x"}})


@settings(max_examples=50)
@given(st.text("ab9_-", max_size=63).map("a".__add__) | st.text("ab9_-", max_size=63).map("9".__add__))
def test_a_name_is_one_that_a_service_may_have(name: str) -> None:
    spelt = dns(name)
    assert spelt[0].isalpha()
    assert spelt.replace("-", "").isalnum()
    assert not spelt.endswith("-")
    assert len(spelt) <= 52


@pytest.mark.slow
def test_another_release_changes_the_digest_in_the_manifest_and_nothing_else(tmp_path: Path) -> None:
    root = make_clustered(tmp_path / "root", KUBERNETES)
    compile_files(open_workspace(root))
    other, image = f"sha256:{'e' * 64}", f"sha256:{'f' * 64}"
    (root / "conf/release/prod/churn.yaml").write_text(f"bundle: {other}\nimage: {image}\n")
    (found,) = check_files(open_workspace(root))
    assert found.path == f"pipelines/churn/deploy/{FOLDER}/deployment.yaml"
    changed = [line for line in found.diff.splitlines()[2:] if line[0] in "+-"]
    assert [line.replace(BUNDLE, other).replace(IMAGE, image)[1:] for line in changed if line[0] == "-"] == [
        line[1:] for line in changed if line[0] == "+"
    ]
    assert len(changed) == 6


@pytest.mark.slow
def test_a_release_file_without_the_image_is_refused_at_its_line(tmp_path: Path) -> None:
    root = make_clustered(tmp_path / "root", KUBERNETES, image=None)
    with pytest.raises(ConfigurationError) as refusal:
        compile_files(open_workspace(root))
    (found,) = [each for each in refusal.value.diagnostics if each.rule == "release-without-image"]
    assert str(found.position) == "conf/release/prod/churn.yaml:1:1"
    assert found.message == "target `kubernetes` mounts the image of the live bundle, which has no digest here"
    assert found.hint == "write the `image: sha256:...` that is printed by: mlops image churn --env prod --model"


@pytest.mark.slow
def test_two_pipelines_of_one_name_in_a_cluster_are_refused(tmp_path: Path) -> None:
    root = make_clustered(tmp_path / "root", KUBERNETES)
    text = (root / "conf/pipeline/churn.yaml").read_text()
    (root / "conf/pipeline/churn.yaml").unlink()
    (root / "conf/release/prod/churn.yaml").unlink()
    for name in ("churn-eu", "churn_eu"):
        (root / f"conf/pipeline/{name}.yaml").write_text(text)
        shutil.copytree(root / "pipelines/churn/data", root / f"pipelines/{name}/data")
    plan = open_workspace(root).plan
    (found,) = [each for each in examine(plan) if each.rule == "one-name-in-cluster"]
    assert found.message == "a cluster would know it as `churn-eu`, as it does churn-eu"
    assert (found.pipeline, found.key) == ("churn_eu", ("deploy", "kubernetes"))
    target = plan.pipelines[0].deployed["kubernetes"]
    twice = replace(plan.pipelines[0], deployed={"blue-1": target, "blue_1": target})
    (found,) = one_name_in_cluster.check(replace(plan, pipelines=(twice,)))
    assert found.message == "a cluster would know it as `churn-eu-blue-1`, as it does `blue-1`"
    assert (found.pipeline, found.key) == ("churn-eu", ("deploy", "blue_1"))


@pytest.mark.slow
def test_the_page_shows_a_target_that_compiles_and_each_of_its_files(tmp_path: Path, repository: Path) -> None:
    page = (repository / "docs/howto/cluster.md").read_text()
    (text,) = re.findall(r"```yaml\n# conf/pipeline/churn.yaml\n(.*?)```", page, re.DOTALL)
    (target,) = load(text)["deploy"].values()
    assert len(target["runtime"].partition("sha256:")[2]) == 64
    found = manifests_of(make_clustered(tmp_path / "root", target))
    listed = re.findall(r"^\| `([\w-]+\.yaml)`", page, re.MULTILINE)
    assert sorted(f"{FOLDER}/{name}" for name in listed) == sorted(found)


@pytest.mark.parametrize(("environment", "label"), [("prod", "prod"), ("pre_prod", "pre_prod"), ("x_", "x")])
def test_an_environment_is_a_label_that_a_cluster_takes(environment: str, label: str) -> None:
    found = labels(replace(PLACED, environment=environment), "churn", "kubernetes")
    assert found["app.kubernetes.io/instance"] == label
    longest = labels(replace(PLACED, environment="e" * 64), "churn", "kubernetes")["app.kubernetes.io/instance"]
    assert len(str(longest)) <= 63
