"""Projects for workflows: a cloud, an App, machines; and the texts that they compile to."""

from __future__ import annotations

from typing import Any

import yaml

from mlops.compiler.github.dependencies import lower_dependencies
from mlops.compiler.github.main import lower_main
from mlops.compiler.github.manual import lower_retrain, lower_rollback
from mlops.compiler.github.monitor import lower_monitor
from mlops.compiler.github.pull_request import lower_pull_request
from mlops.compiler.github.release import lower_release
from mlops.compiler.github.rendering import texts
from mlops.compiler.github.score import lower_score
from mlops.compiler.github.settings import lower_settings
from mlops.configuration.project import Project

GUID = "00000000-0000-0000-0000-000000000001"
POOL = "projects/12/locations/global/workloadIdentityPools/pool/providers/github"
CLOUDS: dict[str, dict[str, str] | None] = {
    "none": None,
    "aws": {"kind": "aws", "role": "arn:aws:iam::123456789012:role/mlops", "region": "eu-central-1"},
    "gcp": {"kind": "gcp", "provider": POOL, "account": "mlops@shop.iam.gserviceaccount.com"},
    "azure": {"kind": "azure", "tenant": GUID, "client": GUID},
}
PERIODS = ("hour", "day", "week")


def project(cloud: str | dict[str, str] = "none", *, environment_runner: Any = None, **ci: Any) -> Project:
    """Describe a shop with two environments; only production signs in, where a cloud is named."""
    signs_in = CLOUDS[cloud] if isinstance(cloud, str) else cloud
    settings = {"cloud": signs_in, **ci}
    environments = {
        "staging": {"propose": True, "drift": False},
        "prod": {"cloud": signs_in, "runner": environment_runner},
    }
    return Project.model_validate({"name": "shop", "ci": settings, "environments": environments})


def workflows(described: Project) -> dict[str, str]:
    """Compile every workflow there is, by path."""
    made = (
        lower_pull_request(described.ci),
        lower_dependencies(described),
        lower_main(described, images=True),
        lower_release(described),
        lower_monitor(described, PERIODS, retrains=True),
        lower_retrain(described),
        lower_rollback(described),
        lower_settings(described),
        lower_score(described, PERIODS),
    )
    return texts(made)


def jobs(texts: dict[str, str]) -> dict[str, dict[str, Any]]:
    """Read the jobs of compiled workflows, as `workflow/job`."""
    return {
        f"{path.rsplit('/', 1)[1].removesuffix('.yml').removeprefix('mlops-')}/{name}": job
        for path, text in texts.items()
        for name, job in yaml.load(text, yaml.CSafeLoader)["jobs"].items()
    }
