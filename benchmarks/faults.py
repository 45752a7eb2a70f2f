"""Every verb that changes something, ended or refused at each of its calls out of the process, and asked again.

    python benchmarks/faults.py [--every N] [--verbs run,register,...] [--kinds kill,full]

A call is a file opened to write, renamed or removed, a program started, a connection made, a statement of SQL that
changes something: of the verb and of all it starts (DVC, stages). `kill` is SIGKILL of the process that calls; `full`
is a disk without room, for calls that need room. The verb then speaks again, left alone, and all there is (files, Git's
branches, pull requests, the registry) must be as after an undisturbed one. Ends with 1 where it is not. All calls of
all verbs take hours; `--every 20` takes every twentieth.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.builders.faults import VERBS, Outcome, World, attempt  # noqa: E402

KINDS = ("kill", "full")


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a line a verb and kind, and what did not come right."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", type=int, default=1, metavar="N")
    parser.add_argument("--verbs", type=lambda text: text.split(","), default=VERBS)
    parser.add_argument("--kinds", type=lambda text: text.split(","), default=KINDS)
    asked = parser.parse_args(arguments)
    print(f"{'verb':<10} {'kind':<5} {'calls':>6} {'spoilt':>6} {'converged':>9}")
    bad: list[Outcome] = []
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder).resolve())
        world.make()
        for verb in VERBS:
            bad += _try(world, verb, asked.kinds if verb in asked.verbs else (), asked.every)
            world.between(verb)
    return 1 if bad else 0


def _try(world: World, verb: str, kinds: Sequence[str], every: int) -> list[Outcome]:
    """Spoil calls of one verb, and leave the world as the undisturbed verb does."""
    world.save(verb)
    alone = world.say(verb)
    wanted, bad = world.state(), []
    for kind in kinds:
        tried = [attempt(world, verb, kind, at, wanted, alone.code) for at in alone.of(kind)[::every]]
        spoilt = [outcome for outcome in tried if outcome is not None]
        wrong = [outcome for outcome in spoilt if outcome.wrong]
        bad += wrong
        print(
            f"{verb:<10} {kind:<5} {len(alone.of(kind)):>6} {len(spoilt):>6} {len(spoilt) - len(wrong):>9}", flush=True
        )
        for outcome in wrong:
            told = "; ".join(outcome.wrong)
            print(f"  {verb} {kind} at {outcome.at}, ended {outcome.code}: {told}", flush=True)
    if kinds:
        world.reset(verb)
        world.say(verb)
    return bad


if __name__ == "__main__":
    sys.exit(main())
