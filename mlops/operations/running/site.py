"""Where two servers of a pipeline are run in turn behind HAProxy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mlops.errors import ConfigurationError
from mlops.operations.processes.detached import Detached
from mlops.operations.running.haproxy import Proxy
from mlops.serve.access import read_token
from mlops.targets.local import SERVERS, BlueGreen, LocalTarget

EXAMPLE = "deploy: {local: {kind: local, blue_green: {ports: [18080, 18081]}}}, then: mlops compile"


@dataclass(frozen=True)
class Site:
    """Where two servers of a pipeline are run in turn, and what starts one: `command` is all but the port."""

    folder: Path
    compiled: Path
    target: LocalTarget
    command: tuple[str, ...]
    cwd: Path = Path()

    @property
    def pair(self) -> BlueGreen:
        """What the target says of them."""
        if self.target.blue_green is None:
            raise ConfigurationError("--switch needs a target with `blue_green`", hint=EXAMPLE)
        return self.target.blue_green

    @property
    def proxy(self) -> Proxy:
        """HAProxy in front of them."""
        return Proxy(self.folder, self.compiled)

    @property
    def headers(self) -> dict[str, str]:
        """Give what a request must bring; raises ConfigurationError where that fits no line of a request."""
        if self.target.auth is None:
            return {}
        token = read_token(self.target.auth.token_from)
        if not (token.isascii() and token.isprintable()):
            message = f"the token that {self.target.auth.token_from} names fits no header: nobody could bring it"
            raise ConfigurationError(message, hint="make it one line of letters, digits, hyphens and underscores")
        return {"Authorization": f"Bearer {token}"}

    def process(self, server: str) -> Detached:
        """Give the process of a server, which may run."""
        return Detached(self.folder, server)

    def port(self, server: str) -> int:
        """Give the port of a server."""
        return self.pair.ports[SERVERS.index(server)]
