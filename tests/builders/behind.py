"""Two servers in turn behind HAProxy, on free ports, of bundles in folders: no repository."""

from __future__ import annotations

import secrets
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mlops.bundle.contents import Contents
from mlops.operations.running.blue_green import Switched, stop, switch
from mlops.operations.running.haproxy import program
from mlops.operations.running.site import Site
from mlops.targets.local import LocalTarget, render
from tests.builders.asked import Clients, Ledger
from tests.builders.bundles import make_bundle

try:
    MISSING = not program()
except Exception:  # it says how to install it
    MISSING = True
WHY = "no haproxy: apt-get install haproxy"


@dataclass(frozen=True)
class Behind:
    """A site, and the bundles that it serves in turn."""

    site: Site
    bundles: tuple[Path, ...]

    @property
    def address(self) -> tuple[str, int]:
        return "127.0.0.1", self.site.target.port

    def contents(self, which: int) -> Contents:
        return Contents.read(self.bundles[which])

    def of(self, bundle: Path) -> Site:
        """Give the site as it is to serve one bundle."""
        command = (sys.executable, "-P", "-m", "mlops", "serve", str(bundle))
        return replace(self.site, command=command)

    def switch(self, which: int, **options: Any) -> Switched:
        return switch(self.of(self.bundles[which]), self.contents(which), **options)

    def switch_meanwhile(self, clients: Clients, switches: int, requests: int) -> None:
        """Switch to and fro so often while clients ask, a share of the requests before each."""
        for number in range(1, switches + 1):
            clients.until(number * requests // (switches + 1))
            self.switch_named(clients, number)

    def switch_named(self, clients: Clients, number: int, breath: float = 0.01) -> None:
        """Switch to the other bundle, the second by the first switch, and note when each was named.

        Clients ask little while the next server starts, and as much as they can when HAProxy moves to it.
        """

        def told(line: str) -> None:
            clients.breath = 0.0 if "golden rows" in line else clients.breath

        before, after = (number - 1) % 2, number % 2
        clients.breath = breath
        with clients.ledger.switching(self.contents(before).digest, self.contents(after).digest):
            assert self.switch(after, told=told).state == "switched", clients.failed


def free_ports(count: int) -> list[int]:
    """Find ports that nobody has, below those which the system gives to whoever connects: one may be wanted later."""
    found: list[int] = []
    while len(found) < count:
        with suppress(OSError), socket.create_server(("127.0.0.1", 12_000 + secrets.randbelow(20_000))) as held:
            found.append(int(held.getsockname()[1]))
    return found if len(set(found)) == count else free_ports(count)


def said(**more: Any) -> dict[str, Any]:
    """Spell a target as YAML would say it, on free ports."""
    port, *ports = free_ports(3)
    return {"kind": "local", "port": port, "blue_green": {"ports": ports}, **more}


def site_in(folder: Path, target: dict[str, Any]) -> Site:
    """Write the compiled configuration of a target beside where its processes are kept."""
    compiled = folder / "haproxy.cfg"
    compiled.write_text(render("tiny", "conf/pipeline/tiny.yaml", target)["haproxy.cfg"])
    return Site(folder / "run", compiled, LocalTarget.model_validate(target), (), folder)


@contextmanager
def behind(folder: Path, seeds: Sequence[int] = (1, 2), **more: Any) -> Iterator[Behind]:
    """Make a site, whose first switch is the block's, and end what runs of it when the block ends."""
    bundles = tuple(make_bundle(folder / f"bundle-{seed}", seed=seed) for seed in seeds)
    made = Behind(site_in(folder, said(**more)), bundles)
    try:
        yield made
    finally:
        stop(made.site.folder)


def named(made: Behind) -> Ledger:
    """Begin a ledger by the first bundle."""
    ledger = Ledger()
    ledger.name(made.contents(0).digest)
    return ledger
