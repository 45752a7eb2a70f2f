"""After the merge verbs go by what is released, and where nothing ever is, by the last run."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from mlops.errors import ConfigurationError, GateFailed, Inconclusive, InfrastructureError, StaleError
from mlops.operations.live.live import Chosen, choose
from tests.builders.papers import gate_of
from tests.builders.released import Shop, make_released

pytestmark = pytest.mark.slow  # plays with Git or whole repositories

ENVIRONMENTS = "name: shop\nenvironments: {staging: {}, production: {after: staging, role: live}}\n"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Two bundles, the second of the last run; nothing is released, and there is no registry."""
    return make_released(tmp_path, registered=False)


def test_without_environments_it_is_the_last_run(shop: Shop) -> None:
    folder = shop.root / "pipelines/tiny/artifacts/bundle"
    assert choose(shop.root, "tiny") == Chosen(folder, shop.second, None)
    assert choose(shop.root, "tiny").told == (
        f"bundle {shop.second[:19]}…, of the last run: no environment is declared"
    )
    shutil.rmtree(folder)
    with pytest.raises(InfrastructureError) as caught:
        choose(shop.root, "tiny")
    assert (caught.value.message, caught.value.hint) == ("tiny: there is no bundle", "mlops run tiny")


def test_what_did_not_pass_is_not_served_as_the_last_run(shop: Shop) -> None:
    """The bundle is made before it is judged."""
    reports = shop.root / "pipelines/tiny/reports"
    (reports / "bundle.json").unlink()
    for verdict, kind in (("fail", GateFailed), ("inconclusive", Inconclusive)):
        (reports / "gate.json").write_text(json.dumps(gate_of(shop.second, verdict)))
        with pytest.raises(kind) as caught:
            choose(shop.root, "tiny")
        assert caught.value.message == f"tiny: the verdict on the bundle {shop.second[:19]}… is {verdict}, not pass"


def test_what_was_merged_since_and_is_not_released_is_not_live(shop: Shop) -> None:
    (shop.root / "conf/project.yaml").write_text(ENVIRONMENTS)
    shop.say("staging", shop.second)
    shop.say("production", shop.first)
    place = shop.store().place
    assert choose(shop.root, "tiny") == Chosen(place(shop.first), shop.first, "production")
    assert choose(shop.root, "tiny", "staging") == Chosen(place(shop.second), shop.second, "staging")
    assert choose(shop.root, "tiny").told == f"bundle {shop.first[:19]}…, production's"


def test_nothing_live_is_said_with_what_to_type(shop: Shop) -> None:
    (shop.root / "conf/project.yaml").write_text(ENVIRONMENTS)
    shop.say("staging", shop.second)
    with pytest.raises(StaleError) as caught:
        choose(shop.root, "tiny")
    assert (caught.value.exit_code, caught.value.message, caught.value.hint) == (
        3,
        "tiny: nothing is live in production: there is no conf/release/production/tiny.yaml",
        "mlops release tiny --env production",
    )
    with pytest.raises(ConfigurationError, match="there is no environment `prod`"):
        choose(shop.root, "tiny", "prod")


def test_a_live_bundle_that_cannot_be_had_is_not_replaced_by_the_last_run(shop: Shop) -> None:
    (shop.root / "conf/project.yaml").write_text(ENVIRONMENTS)
    gone = f"sha256:{'c' * 64}"
    shop.say("production", gone)
    with pytest.raises(InfrastructureError, match=f"tiny: the bundle {gone[:19]}… cannot be had"):
        choose(shop.root, "tiny")
