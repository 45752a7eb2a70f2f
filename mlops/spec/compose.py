"""Composition: the only file that imports Hydra."""

from __future__ import annotations

import logging
from typing import Any

from mlops.errors import ConfigurationError
from mlops.spec.library import LIBRARY, Configuration


def compose(configuration: Configuration, name: str) -> dict[str, Any]:
    """Compose `pipeline/<name>` to plain values, references between keys resolved.

    Every file must have passed `mlops.spec.layers.resolve` without findings: Hydra sees nothing that could run code or
    read the environment, and `instantiate` is never called.

    Raises:
        ConfigurationError: a reference names no key, or Hydra refuses the composition.
    """
    from hydra import compose as hydra_compose
    from hydra import initialize_config_dir
    from hydra.core.global_hydra import GlobalHydra
    from hydra.errors import HydraException
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    logging.getLogger("hydra").setLevel(logging.ERROR)
    OmegaConf.clear_resolvers()
    GlobalHydra.instance().clear()
    overrides = [f"hydra.searchpath=[file://{LIBRARY}]"]
    try:
        with initialize_config_dir(config_dir=str(configuration.conf.resolve()), version_base="1.3"):
            composed = hydra_compose(config_name=f"pipeline/{name}", overrides=overrides)
            value = OmegaConf.to_container(composed, resolve=True, throw_on_missing=True)
    except (HydraException, OmegaConfBaseException) as error:
        raise ConfigurationError(f"conf/pipeline/{name}.yaml: {str(error).splitlines()[0]}") from error
    if not isinstance(value, dict):
        raise ConfigurationError(f"conf/pipeline/{name}.yaml: not a mapping")
    return {str(key): item for key, item in value.items()}
