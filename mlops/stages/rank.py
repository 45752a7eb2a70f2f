"""A process that trains a candidate together with others, on its share of every batch, and does nothing else.

`python -m mlops.stages.rank` reads a line of JSON, and writes a line for each epoch and one for its end. It ends at
once when its input does, which it does when whoever began it ends, however that ends.
"""

from __future__ import annotations

import json
import math
import os
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

from mlops.blocks.trainer import Trainer
from mlops.documents.document import said
from mlops.documents.rank_end import RankEpoch, RankSaid
from mlops.errors import MlopsError
from mlops.files.system import refused
from mlops.ml.training.asked import Asked
from mlops.ml.training.profile import Profile, phase
from mlops.ml.training.session import Epoch
from mlops.ml.training.world import World
from mlops.stages import shared_rows
from mlops.stages.scoring import Scoring


def main() -> None:
    """Train as one line of standard input says; what candidates print goes to standard error."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    told = json.loads(sys.stdin.readline())
    threading.Thread(target=_until_closed, args=(sys.stdin,), daemon=True).start()
    say(out, ended(told, out))
    os._exit(0)  # others may be waited for in vain


def ended(told: dict[str, Any], out: TextIO) -> RankSaid:
    """Train as one of several, write a line for each epoch, and say how it ended."""
    import torch

    from mlops.ml.training.process_group import broken

    try:
        seconds = _train(told, out)
    except torch.OutOfMemoryError as error:
        return RankSaid(end="memory", message=str(error))
    except Exception as error:  # a library fails in its own way
        if isinstance(error.__cause__, torch.OutOfMemoryError):
            return RankSaid(end="memory", message=str(error.__cause__))
        if broken(error):
            return RankSaid(end="broken", message="lost another one")
        known = error if isinstance(error, MlopsError) else refused(error)
        if known is not None:
            return RankSaid(end="refused", code=known.exit_code, message=known.message, hint=known.hint)
        first = (str(error).strip().splitlines() or [""])[0][:200]
        return RankSaid(end="failed", message=f"{type(error).__name__}: {first}")
    return RankSaid(end="done", seconds=seconds)


def _train(told: dict[str, Any], out: TextIO) -> dict[str, float]:
    """Train; give the seconds of its phases where the pipeline wants to know."""
    place, rank = Path(told["place"]), told["rank"]
    scoring = Scoring.of_told(told)
    candidate = scoring.build_alone(told["candidate"], Asked.model_validate(told["asked"]))

    def observe(epoch: Epoch) -> None:
        numbers = [_finite(each) for each in (epoch.validation_loss, epoch.metric, epoch.train_loss)]
        parts = dict(zip(("validation_loss", "metric", "train_loss"), numbers, strict=True))
        say(out, RankSaid(epoch=RankEpoch(number=epoch.number, **parts)))

    asked = told["session"]
    checkpoints, options = asked.pop("checkpoints"), Trainer.model_validate(asked.pop("options"))
    profile = Profile() if options.profile else None
    session = replace(
        scoring.session(told["candidate"], observe, None if checkpoints is None else Path(checkpoints)),
        options=options,
        profile=profile,
        world=World(rank, told["size"], place / "meeting", place / "trained", on_ray=told.get("on_ray", False)),
        **asked,
    )
    with phase(profile, "training loop"):
        candidate.fit(shared_rows.read(place), session)
    return {} if profile is None else profile.of("")


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def say(out: TextIO, what: RankSaid) -> None:
    """Write a line."""
    out.write(json.dumps(said(what)) + "\n")
    out.flush()


def _until_closed(source: TextIO) -> None:
    """End the process with its input, whatever it is at."""
    source.read()
    os._exit(0)


if __name__ == "__main__":
    main()
