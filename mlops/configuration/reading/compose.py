"""Composition by Hydra: the only file that has it compose.

`mlops.configuration.reading.merge` composes what it is sure of, many times faster; this decides the rest, and is what
tests and `mlops validate --hydra` hold that merge to.
"""

from __future__ import annotations

import logging

from mlops.configuration.reading.library import LIBRARY, Configuration
from mlops.errors import ConfigurationError
from mlops.files.plain_yaml import Values

# What OmegaConf and Hydra register by themselves: they read the environment, the clock and other places.
_RESOLVERS = (
    *("oc.env", "oc.create", "oc.decode", "oc.deprecated", "oc.select", "oc.dict.keys", "oc.dict.values"),
    *("now", "hydra", "python_version"),
)


class CompositionError(ConfigurationError):
    """Hydra refuses; `key` is the key path it stopped at, if it said so."""

    def __init__(self, message: str, *, hint: str = "", key: tuple[str, ...] = ()) -> None:
        super().__init__(message, hint=hint)
        self.key = key


def compose(configuration: Configuration, name: str, *, file: str = "", over: tuple[Values, ...] = ()) -> Values:
    """Compose `pipeline/<name>` to plain values, references between keys resolved.

    A row of a fleet composes another `file`, and sets keys `over` it, as a trial does.

    Every file must have passed `mlops.configuration.reading.layers.resolve` without findings: Hydra sees nothing that
    could run code or read the environment, and `instantiate` is never called.

    Raises:
        CompositionError: a reference names no key, or Hydra refuses the composition.
    """
    import yaml
    from hydra import compose as hydra_compose
    from hydra import initialize_config_dir
    from hydra.core.global_hydra import GlobalHydra
    from hydra.errors import HydraException
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    logging.getLogger("hydra").setLevel(logging.ERROR)
    GlobalHydra.instance().clear()
    overrides = [f"hydra.searchpath=[file://{LIBRARY}]"]
    try:
        with initialize_config_dir(config_dir=str(configuration.conf.resolve()), version_base="1.3"):
            composed = hydra_compose(config_name=file or f"pipeline/{name}", overrides=overrides)
            for resolver in _RESOLVERS:
                OmegaConf.clear_resolver(resolver)
            OmegaConf.set_struct(composed, value=False)
            value = OmegaConf.to_container(OmegaConf.merge(composed, *over), resolve=True, throw_on_missing=True)
    except OmegaConfBaseException as error:
        key = tuple(str(getattr(error, "full_key", None) or "").split("."))
        hint = "a reference names a key of this pipeline: `${data.target}`"
        raise CompositionError(_first_line(error), hint=hint, key=key) from error
    except (
        HydraException,
        ValueError,
        TypeError,
        IndexError,
        RecursionError,
        yaml.YAMLError,
    ) as error:  # what Hydra lets through
        raise CompositionError(_first_line(error)) from error
    if not isinstance(value, dict):
        raise CompositionError("a pipeline is a mapping of keys")
    return {str(key): item for key, item in value.items()}


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)
