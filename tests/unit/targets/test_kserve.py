"""An InferenceService: what it says, that KServe's own description takes it, and what is refused before."""

from __future__ import annotations

import subprocess
import sys
from copy import deepcopy
from typing import Any

import pytest
from pydantic import ValidationError

from mlops.plan.placed import Placed
from mlops.targets.kserve import KserveTarget, manifests
from tests.builders.clusters import BUNDLE, IMAGE, KUBERNETES
from tests.builders.kserve_schema import KserveSchema
from tests.builders.quick_yaml import load

RELEASE = "0.21.0"
KSERVE = {**KUBERNETES, "kind": "kserve"}
PLACED = Placed("churn", "kserve", "prod", BUNDLE, IMAGE, "conf/pipeline/churn.yaml")
ASKED: tuple[dict[str, Any], ...] = (
    {},
    {"replicas": {"least": 3, "most": 3}},
    {
        "auth": {"token_from": "ASK"},
        "pull_secret": "registry",
        "resources": {"gpu": 1},
        "nodes": {"labels": {"pool": "gpu"}, "tolerations": [{"key": "gpu", "operator": "Exists"}]},
    },
)


def made(**said: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    texts = manifests(PLACED, {**KSERVE, **said})
    return load(texts["inference-service.yaml"]), load(texts["serving-runtime.yaml"])


def test_the_model_is_the_image_of_the_live_bundle_and_the_server_takes_no_other() -> None:
    service, runtime = made()
    model = service["spec"]["predictor"]["model"]
    assert model["storageUri"] == f"oci+native://ghcr.io/acme/churn@{IMAGE}"
    assert model["args"][:3] == ["/mnt/models/churn", "--expect", BUNDLE]
    assert model["runtime"] == runtime["metadata"]["name"]
    assert model["modelFormat"]["name"] in [each["name"] for each in runtime["spec"]["supportedModelFormats"]]
    assert "args" not in runtime["spec"]["containers"][0]  # KServe appends the model's to the runtime's
    assert [each["autoSelect"] for each in runtime["spec"]["supportedModelFormats"]] == [False]


def test_it_is_of_the_standard_mode_and_leaves_traffic_alone() -> None:
    service, _ = made()
    assert service["metadata"]["annotations"]["serving.kserve.io/deploymentMode"] == "Standard"
    assert "canary" not in service["spec"]
    assert "canaryTrafficPercent" not in service["spec"]["predictor"]


def test_a_fixed_number_of_servers_has_no_key_of_scaling() -> None:
    service, _ = made(replicas={"least": 3, "most": 3})
    predictor = service["spec"]["predictor"]
    assert service["metadata"]["annotations"]["serving.kserve.io/autoscalerClass"] == "none"
    assert (predictor["minReplicas"], predictor["maxReplicas"]) == (3, 3)
    assert not {"scaleMetric", "scaleMetricType", "scaleTarget"} & set(predictor)


def test_scaling_by_requests_in_flight_is_refused() -> None:
    with pytest.raises(ValidationError, match="scales by the processor, not by requests in flight"):
        KserveTarget.model_validate({**KSERVE, "replicas": {"by": "in_flight"}})


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> KserveSchema:
    folder = tmp_path_factory.mktemp("kserve")
    fetched = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder)]
    done = subprocess.run([*fetched, f"kserve=={RELEASE}"], capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"no index: {done.stderr.decode().splitlines()[-1]}")
    (wheel,) = folder.glob("*.whl")
    return KserveSchema(wheel)


@pytest.mark.slow
@pytest.mark.tools
def test_kserves_own_description_takes_all_of_it_and_finds_planted_faults(schema: KserveSchema) -> None:
    for said in ASKED:
        assert [schema.refused(manifest) for manifest in made(**said)] == [[], []]
    service, runtime = made()
    wrong = deepcopy(service)
    wrong["spec"]["predictor"]["modl"] = wrong["spec"]["predictor"].pop("model")
    wrong["spec"]["predictor"]["minReplicas"] = "x"
    assert schema.refused(wrong) == [
        "'x' is not of type 'integer'",
        "Additional properties are not allowed ('modl' was unexpected)",
    ]
    del runtime["spec"]["containers"]
    assert schema.refused(runtime) == ["'containers' is a required property"]
    deep = deepcopy(service)
    deep["spec"]["predictor"]["tolerations"] = [{"kee": "gpu"}]
    assert schema.refused(deep) == ["Additional properties are not allowed ('kee' was unexpected)"]
    with pytest.raises(KeyError):
        schema.refused({"kind": "InferenceServize"})
