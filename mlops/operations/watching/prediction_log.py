"""Where the prediction log of a pipeline is, and what is read of it: a folder here, or a place that servers ship to."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from mlops.configuration.monitor import Monitor
from mlops.errors import ConfigurationError, IntegrityError
from mlops.files.remote_folder import RemoteFolder, is_address

_AT_ONCE = 8  # segments on their way here


@dataclass(frozen=True)
class Log:
    """A prediction log: servers write into `folder`, and ship what they wrote to `place` where there is one."""

    folder: Path
    place: RemoteFolder | None
    shown: str
    _cache: Path

    def names(self) -> dict[str, int]:
        """List the files there are for a reader, with their bytes."""
        from mlops.bundle.prediction_log import segments

        if self.place is not None:
            return self.place.sizes()
        return {path.name: path.stat().st_size for path in segments(self.folder)}

    def bring(self, names: dict[str, int], start: datetime, end: datetime) -> Path:
        """Give a folder that holds all segments with records between two times.

        What was fetched before is not fetched again; what the place no longer has counts for nothing.

        Raises:
            IntegrityError: a segment is not as long as it was listed.
        """
        from mlops.bundle.prediction_log import covering

        if self.place is None:
            return self.folder
        self._cache.mkdir(parents=True, exist_ok=True)
        here = {path.name: path.stat().st_size for path in self._cache.iterdir()}
        for name in covering(here.keys() - names.keys()):
            (self._cache / name).unlink()
        wanted = [name for name in covering(names, start, end) if here.get(name) != names[name]]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(self.place.fetch, wanted, [self._cache / name for name in wanted]))
        for name in wanted:
            size = (self._cache / name).stat().st_size
            if size != names[name]:
                raise IntegrityError(f"{self.shown}/{name} has {size:,} bytes, not {names[name]:,} as listed")
        return self._cache


@dataclass(frozen=True)
class Listed:
    """What there is to read for one environment: its own log, and one of before logs were kept by environment."""

    logs: tuple[tuple[Log, dict[str, int]], ...]

    @property
    def shown(self) -> str:
        """Where the log is, for a person."""
        return self.logs[0][0].shown

    @property
    def names(self) -> list[str]:
        """List all files."""
        return [name for _, names in self.logs for name in names]

    def bring(self, start: datetime, end: datetime) -> tuple[Path, ...]:
        """Give folders that hold all segments with records between two times; raises as `Log.bring` does."""
        return tuple(log.bring(names, start, end) for log, names in self.logs if names)


def read_log(root: Path, name: str, monitor: Monitor, environment: str | None, *, usual: bool) -> Listed:
    """List what an environment's servers logged.

    Only one environment was ever watched before each had a log of its own: for the `usual` one that log counts too.
    """
    logs = [open_log(root, name, monitor, environment)]
    if environment is not None and usual:
        logs.append(open_log(root, name, monitor))
    return Listed(tuple((log, log.names()) for log in logs))


def open_log(root: Path, name: str, monitor: Monitor, environment: str | None = None) -> Log:
    """Find the prediction log of a pipeline in an environment; nothing is read yet."""
    below = "" if environment is None else f"/{environment}"
    own = f".mlops/log/{name}{below}"
    if monitor.log is None or not is_address(monitor.log):
        shown = own if monitor.log is None else f"{monitor.log}{below}"
        return Log(root / shown, None, shown, root / own)
    # another address is another log: segments of the one before must not mix with its
    address = f"{monitor.log}{below}"
    digest = hashlib.sha256(address.encode()).hexdigest()[:12]
    return Log(root / own, RemoteFolder.parse(address), address, root / ".mlops" / "segments" / f"{name}-{digest}")


@contextmanager
def labels_file(root: Path, name: str, file: str, environment: str | None = None) -> Iterator[Path]:
    """Give the file of labels, fetched anew where it is at an address: labels come late, and the file changes.

    Raises:
        ConfigurationError: there is none at the address.
    """
    if not is_address(file):
        yield root / file
        return
    folder, _, last = file.rpartition("/")
    target = root / ".mlops" / "labels" / name / (environment or "") / last
    try:
        RemoteFolder.parse(folder).fetch(last, target)
    except FileNotFoundError as error:
        raise ConfigurationError(f"there are no labels at {file}", hint="check `monitor.labels`") from error
    try:
        yield target
    finally:
        target.unlink(missing_ok=True)  # what people turned out to do is kept no longer than it is read
