"""What this release of the product needs, each file by its hash: the lock that the wheel brings."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib import metadata
from importlib.resources import files

from mlops.operations.starting.pin import blocks, versions

_CPU = "+cpu"


def shipped(before: str | None = None, stores: Iterable[str] = ()) -> str:
    """Give the blocks for what runs here, and for the stores: with torch's build for CPUs where that is installed.

    That build is on an index of its own. Who has it here has told pip where it is, and has to tell CI as well. Where
    there was a lock `before`, its build of torch stays.
    """
    build = _installed("torch") if before is None else versions(before).get("torch", "")
    torch = "torch-cpu.txt" if build.endswith(_CPU) else "torch.txt"
    return with_stores(_text("run.txt") + _text(torch), stores)


def with_stores(lock: str, stores: Iterable[str]) -> str:
    """Give the blocks of a lock, and those for the stores that it does not name."""
    found = {name: block for block in blocks(lock) for name in versions(block)}
    for store in stores:
        found = {name: block for block in blocks(_text(f"{store}.txt")) for name in versions(block)} | found
    return "".join(sorted(found.values()))


def needs(store: str) -> frozenset[str]:
    """List the distributions that DVC needs for a store, by normal name, beyond what runs everywhere."""
    return frozenset(versions(_text(f"{store}.txt")))


def elsewhere(lock: str) -> tuple[str, ...]:
    """List distributions that are installed here in another release than the lock's, as `name 1.0, not 1.1`."""
    found = ((name, _installed(name), wanted) for name, wanted in sorted(versions(lock).items()))
    return tuple(f"{name} {here}, not {wanted}" for name, here, wanted in found if here not in ("", wanted))


@cache
def _installed(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def _text(name: str) -> str:
    return (files("mlops") / "locks" / name).read_text(encoding="utf-8")
