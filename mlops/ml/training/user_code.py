"""Users' own models: classes, or functions that return an estimator, in the folder of their pipeline only."""

from __future__ import annotations

import importlib
import inspect
import re
import sys
import traceback
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops.diagnostics import suggest
from mlops.errors import ConfigurationError, MlopsError
from mlops.ml.admission import refuse_foreign, refuse_outside

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mlops.ml.training.candidates import Origin
    from mlops.ml.training.problem import Examples, Problem
    from mlops.ml.training.session import Candidate, Fitted, Session

_WORD = r"[A-Za-z_][A-Za-z0-9_]*"
_TARGET = re.compile(rf"pipelines\.(?P<pipeline>[A-Za-z0-9_-]+)(?P<module>(\.{_WORD})+):(?P<name>{_WORD})")


def candidate(name: str, kind: str, parameters: dict[str, Any], problem: Problem, origin: Origin) -> Candidate:
    """Make a candidate of `pipelines.<pipeline>.<module>:<Class>`.

    The class takes its parameters by name, and `problem`, `shape`, `outputs` or `task` if it asks for them. A
    LightningModule's `forward` answers logits (or standardised numbers, for a regression); anything else must be an
    estimator that skl2onnx knows.
    """
    import pytorch_lightning as pl

    from mlops.ml.training.estimators import EstimatorCandidate
    from mlops.ml.training.loop import LightningCandidate

    make = load(kind, origin)
    arguments = parameters | _offered(make, problem)
    _refuse_unknown(name, kind, make, arguments)

    def build(_: Session) -> Any:
        return make(**arguments)

    lightning = isinstance(make, type) and issubclass(make, pl.LightningModule)
    inner: Candidate = LightningCandidate(problem, build) if lightning else EstimatorCandidate(problem, build)
    return Guarded(name, inner, origin.root / "pipelines")


def load(kind: str, origin: Origin) -> Callable[..., Any]:
    """Import a class by its address; raises ConfigurationError for any place but the pipeline's own folder."""
    match = _TARGET.fullmatch(kind)
    if match is None or match["pipeline"] != origin.pipeline:
        raise ConfigurationError(
            f"kind `{kind}` is neither a known kind nor a class of this pipeline",
            hint=f"write pipelines.{origin.pipeline}.<module>:<Class> for a class in pipelines/{origin.pipeline}/",
        )
    path = kind.partition(":")[0]
    refuse_outside(path, origin.root, origin.pipeline)
    with _importable(origin.root), boundary(f"kind `{kind}`", origin.root / "pipelines"):
        module = importlib.import_module(path)
    file = Path(module.__file__ or "").resolve()
    if not file.is_relative_to((origin.root / "pipelines" / origin.pipeline).resolve()):
        raise ConfigurationError(f"kind `{kind}` is not in pipelines/{origin.pipeline}/")
    found = getattr(module, match["name"], None)
    if found is None:
        names = [name for name, value in vars(module).items() if isinstance(value, type) and not name.startswith("_")]
        raise ConfigurationError(f"kind `{kind}`: the module has no such class", hint=suggest(match["name"], names))
    refuse_foreign(found, module, match["name"])
    made: Callable[..., Any] = found
    return made


@contextmanager
def _importable(root: Path) -> Iterator[None]:
    """Let `pipelines` mean this repository's folder, whatever was imported before."""
    here = str(root.resolve())
    loaded = sys.modules.get("pipelines")
    if loaded is not None and str(Path(here) / "pipelines") not in map(str, getattr(loaded, "__path__", [])):
        for name in [name for name in sys.modules if name.split(".")[0] == "pipelines"]:
            del sys.modules[name]
    sys.path.insert(0, here)
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path.remove(here)


def _offered(make: Callable[..., Any], problem: Problem) -> dict[str, Any]:
    offers = {"problem": problem, "shape": problem.shape, "outputs": problem.outputs, "task": problem.task}
    return {name: value for name, value in offers.items() if name in inspect.signature(make).parameters}


def _refuse_unknown(name: str, kind: str, make: Callable[..., Any], arguments: dict[str, Any]) -> None:
    signature = inspect.signature(make)
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in signature.parameters.values()):
        return
    for argument in arguments:
        if argument not in signature.parameters:
            raise ConfigurationError(
                f"candidate {name}: {kind} has no parameter `{argument}`", hint=suggest(argument, signature.parameters)
            )
    try:
        signature.bind(**arguments)
    except TypeError as error:
        raise ConfigurationError(f"candidate {name}: {kind}: {error}") from error


@dataclass(frozen=True)
class Guarded:
    """A candidate made of a user's code: what goes wrong in it is told with its file and line."""

    name: str
    inner: Candidate
    folder: Path

    def fit(self, examples: Examples, session: Session) -> Fitted:
        """Train."""
        with boundary(f"candidate {self.name}", self.folder):
            return self.inner.fit(examples, session)


@contextmanager
def boundary(who: str, folder: Path) -> Iterator[None]:
    """Turn an exception of a user's code into a sentence; the cause stays chained."""
    try:
        yield
    except MlopsError:
        raise
    except Exception as error:
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _inside(frame.filename, folder)]
        place = ""
        if frames:
            relative = Path(frames[-1].filename).resolve().relative_to(folder.resolve().parent)
            place = f"{relative}:{frames[-1].lineno}: "
        reason = (str(error).strip().splitlines() or [""])[0][:200]
        raise ConfigurationError(f"{who}: {place}{type(error).__name__}: {reason}") from error


def _inside(filename: str, folder: Path) -> bool:
    return Path(filename).resolve().is_relative_to(folder.resolve())
