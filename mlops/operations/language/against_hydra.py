"""Our composition held to Hydra's, key by key: what `mlops validate --hydra` asks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mlops.configuration.load import Loaded
from mlops.configuration.reading.compose import CompositionError, compose
from mlops.configuration.reading.fleet import read_fleets
from mlops.configuration.reading.library import Configuration
from mlops.configuration.reading.origins import Origins
from mlops.diagnostics import Diagnostic
from mlops.operations.workspace import Workspace

_HINT = "this is a defect of mlops, please report it; until then write the value out where it stands"
_ABSENT = object()


def differences(workspace: Workspace) -> tuple[Diagnostic, ...]:
    """Compose every pipeline with Hydra too; give a finding for each key that has another value there."""
    loaded = workspace.pipelines.values()
    return tuple(found for pipeline in loaded for found in _differences(workspace.configuration, pipeline))


def _differences(configuration: Configuration, loaded: Loaded) -> Iterator[Diagnostic]:
    row = read_fleets(configuration, loaded.name).rows.get(loaded.name)
    file, over = (row.template, (row.over.document.value,)) if row else ("", ())
    try:
        theirs = compose(configuration, loaded.name, file=file, over=over)
    except CompositionError as error:
        message = f"Hydra refuses what mlops composes: {error.message}"
        yield Diagnostic(loaded.origins.where(error.key), message, _HINT, "hydra-differs")
        return
    for path, here, there in differing(loaded.value, theirs):
        message = f"`{'.'.join(map(str, path))}` is {_show(here)} to mlops and {_show(there)} to Hydra"
        yield Diagnostic(loaded.origins.where(path), message + _places(loaded.origins, path), _HINT, "hydra-differs")


def differing(
    ours: Any, theirs: Any, path: tuple[str | int, ...] = ()
) -> Iterator[tuple[tuple[str | int, ...], Any, Any]]:
    """List the key paths where two nests differ, with both values; 1, 1.0 and true are three values."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in sorted({*ours, *theirs}):
            yield from differing(ours.get(key, _ABSENT), theirs.get(key, _ABSENT), (*path, key))
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for index, (here, there) in enumerate(zip(ours, theirs, strict=True)):
            yield from differing(here, there, (*path, index))
    elif type(ours) is not type(theirs) or ours != theirs:
        yield path, ours, theirs


def _show(value: Any) -> str:
    text = "absent" if value is _ABSENT else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _places(origins: Origins, path: tuple[str | int, ...]) -> str:
    """Say where the key is set, in the order of composition."""
    places = [str(setting.position) for setting in origins.of(path)]
    return f"; set at {', then at '.join(places)}" if places else ""
