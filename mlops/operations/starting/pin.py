r"""`requirements.txt`: the one release of this product that a repository runs on, and everything that release needs.

The format, which pip reads as it stands (`pip install --require-hashes --no-deps -r requirements.txt`, in the folder of
the repository, because pip takes a relative path from where it is called):

    # The release of mlops that this repository runs on, and ...      (two lines, always the same)

    mlops-by-pull-request==0.1.0 \
        --hash=sha256:<64 hexadecimal digits>

    <one block like it for each distribution that the release needs: the lock that the wheel brings>

The first requirement is the pin. It has one of three forms, which say where the wheel comes from:

    mlops-by-pull-request==0.1.0                                   by name, from the index that pip is set to
    ./vendor/mlops_by_pull_request-0.1.0-py3-none-any.whl          a file of the repository
    mlops-by-pull-request @ https://HOST/mlops_by_pull_request-0.1.0-py3-none-any.whl          an address

and one hash: there is one wheel. `parse` and `write` are each other's inverse.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from mlops.errors import ConfigurationError

FILE = "requirements.txt"
NAME = "mlops-by-pull-request"
VENDOR = "vendor"
HEADER = """\
# The release of mlops that this repository runs on, and all that it needs, by their hashes. `mlops upgrade` moves it.
# Install: pip install --require-hashes --no-deps -r requirements.txt
"""

_VERSION = r"[0-9]+(?:\.[0-9]+)*(?:(?:a|b|rc)[0-9]+)?(?:\.post[0-9]+)?(?:\.dev[0-9]+)?(?:\+[a-z0-9.]+)?"
WHEEL = re.compile(rf"mlops_by_pull_request-(?P<version>{_VERSION})-py3-none-any\.whl")
ADDRESS = re.compile(rf"https?://[A-Za-z0-9.-]+(?::[0-9]+)?(?:/[A-Za-z0-9._~%+-]+)*/{WHEEL.pattern}")
_PIN = re.compile(
    rf"(?:{NAME}==(?P<named>{_VERSION})|(?P<place>\./{VENDOR}/{WHEEL.pattern.replace('version', 'vendored')})"
    rf"|{NAME} @ (?P<address>{ADDRESS.pattern}))"
    r" \\\n    --hash=sha256:(?P<digest>[0-9a-f]{64})\n"
)
_BLOCK = re.compile(r"^[A-Za-z0-9].*\n(?:^    .*\n)*", re.MULTILINE)


@dataclass(frozen=True)
class Pin:
    """One wheel: its version, the SHA-256 of its bytes in hexadecimal digits, and where it comes from.

    `place` is empty for the index, `./vendor/NAME.whl` for a file of the repository, else an address.
    """

    version: str
    digest: str
    place: str = ""

    @property
    def file(self) -> str:
        """The path of the wheel in the repository; empty where it is not kept there."""
        return self.place.removeprefix("./") if self.place.startswith("./") else ""


@dataclass(frozen=True)
class Requirements:
    """The pin, and the blocks of what it needs as one text, as the wheel brings them."""

    pin: Pin
    lock: str

    def versions(self) -> dict[str, str]:
        """List which release of each distribution the lock holds, by its normal name."""
        return versions(self.lock)


def versions(lock: str) -> dict[str, str]:
    """List the releases that a text of pinned requirements names, by normal name (small letters and hyphens)."""
    found = re.findall(r"^([A-Za-z0-9._-]+)==([^\s;#\\]+)", lock, re.MULTILINE)
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in found}


def write(requirements: Requirements) -> str:
    """Write the file; the same input gives the same bytes."""
    pin = requirements.pin
    what = pin.place if pin.file else f"{NAME} @ {pin.place}" if pin.place else f"{NAME}=={pin.version}"
    return f"{HEADER}\n{what} \\\n    --hash=sha256:{pin.digest}\n\n{''.join(blocks(requirements.lock))}"


def parse(text: str, shown: str = FILE) -> Requirements:
    """Read what `write` wrote; `shown` names the file in what is said of it.

    Raises:
        ConfigurationError: it is anything else, such as a file with two pins or a pin without a hash.
    """
    if not text.startswith(HEADER + "\n"):
        raise _wrong(f"{shown} is not a file that `mlops init` or `mlops upgrade` wrote")
    body = text.removeprefix(HEADER + "\n")
    found = _PIN.match(body)
    if found is None:
        raise _wrong(f"{shown}: the first requirement is no pin of {NAME} with its hash")
    rest = body[found.end() :].removeprefix("\n")
    if "".join(blocks(rest)) != rest:
        raise _wrong(f"{shown}: a line is neither a requirement nor its hash")
    if NAME in versions(rest):
        raise _wrong(f"{shown} pins {NAME} twice")
    *versions_, place, address, digest = found.group("named", "vendored", "version", "place", "address", "digest")
    return Requirements(Pin(next(filter(None, versions_)), digest, place or address or ""), rest)


def blocks(text: str) -> list[str]:
    """List the requirements of a text, each with the lines of its hashes; comments and empty lines are left out."""
    return _BLOCK.findall(text)


def _wrong(message: str) -> ConfigurationError:
    return ConfigurationError(message, hint=f"take it back from Git: git checkout -- {FILE}")
