from __future__ import annotations

from pathlib import Path

from mlops.configuration.reading.compose import compose
from mlops.configuration.reading.library import Configuration
from tests.builders.repositories import make_repository


def test_composing_reads_neither_environment_nor_resolvers(tmp_path: Path) -> None:
    from omegaconf import OmegaConf

    compose(Configuration(make_repository(tmp_path)), "churn")
    assert not OmegaConf.has_resolver("oc.env")
