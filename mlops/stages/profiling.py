"""`trainer.profile`: what training spends its time and memory on, written for people beside what the run makes."""

from __future__ import annotations

import resource
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from mlops.bundle.timing import peak
from mlops.documents.training_profile import PhaseSeconds, TrainingProfile
from mlops.files.atomic import write_text
from mlops.ml.training.profile import Profile
from mlops.models import MODELS

if TYPE_CHECKING:
    from mlops.blocks.trainer import Trainer
    from mlops.stages.context import StageContext

REST = "all else"
_LEARNING = {"trees": "boosting", "epochs": "training loop"}


def asked(trainer: Trainer) -> Profile | None:
    """Begin a profile where one is asked for."""
    return Profile() if trainer.profile else None


def learning(kind: str) -> str:
    """Name the phase in which a kind learns: by what it tells of while it does.

    Example:
        >>> learning("lightgbm"), learning("mlp"), learning("linear")
        ('boosting', 'training loop', 'fitting')
    """
    return _LEARNING.get(MODELS[kind].can.get("pruned", "") if kind in MODELS else "", "fitting")


def write(context: StageContext, trainer: Trainer, profile: Profile) -> None:
    """Write the document, and say what is in it."""
    found = TrainingProfile(
        threads=trainer.threads,
        devices=trainer.devices,
        stage=_phases(profile, ""),
        candidates={name: _phases(profile, name) for name in profile.names if name},
        peak_bytes=peak() or _most(resource.RUSAGE_SELF),
        **({"peak_bytes_of_others": _most(resource.RUSAGE_CHILDREN)} if trainer.devices > 1 else {}),
        **_gpu(),
    )
    path = place(context.root, context.pipeline)
    write_text(path, found.dumps())
    for name, each in found.candidates.items():
        context.say(f"profile of {name}: {each.sentence}")
    context.say(f"profile of the rest: {found.stage.sentence}")
    context.say(f"profile: {found.memory}; {path.relative_to(context.root)}")


def place(root: Path, pipeline: str) -> Path:
    """Say where the profile of a pipeline's last training lies.

    Example:
        >>> place(Path(), "churn").as_posix()
        '.mlops/profiles/churn.json'
    """
    return root / ".mlops" / "profiles" / f"{pipeline}.json"


def _phases(profile: Profile, name: str) -> PhaseSeconds:
    return PhaseSeconds(seconds={phase: round(each, 4) for phase, each in profile.of(name).items()})


def _most(who: int) -> int:
    """Give the most bytes that a process held at once; Linux counts in KiB, macOS in bytes."""
    return resource.getrusage(who).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _gpu() -> dict[str, str | int | float]:
    """Say what a GPU was used for, where one was."""
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_available() or not torch.cuda.is_initialized():
        return {}
    return {"gpu": torch.cuda.get_device_name(), "gpu_peak_bytes": torch.cuda.max_memory_allocated()}
