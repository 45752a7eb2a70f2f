"""What several processes of one server count, as one page of Prometheus' text format.

What only grows must never be seen to fall, or a rate takes what is left for news: who ended has counted all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

_LEAST = frozenset(
    {"mlops_serve_start_time_seconds", "mlops_serve_follow_sequence", "mlops_serve_follow_looked_seconds"}
)
"""What is said of all by the least of them: since when all serve, and what all follow."""
_GROW = (" counter", " histogram")
_MOST = frozenset({"mlops_serve_info", "mlops_serve_log_failing", "mlops_serve_log_waiting_segments"})
"""What is said of all by one of them: of a folder that they share, and whether any of them is in trouble."""


def carried(page: bytes, *before: bytes, apart: tuple[str, ...] = ()) -> bytes:
    """Add what others counted that ended, or cannot say now; only `page` says how much there is of anything at present.

    Families whose names begin with one of `apart` are counted by `page` alone.
    """
    return summed([page, *(_growing(each, apart) for each in before)])


def _growing(page: bytes, apart: tuple[str, ...]) -> bytes:
    """Leave counters and histograms."""
    lines = [(name, line) for name, line in _lines(page.decode("utf-8")) if not name.startswith(apart or ("#",))]
    grow = {line.split(" ", 3)[2] for _, line in lines if line.startswith("# TYPE ") and line.endswith(_GROW)}
    return "".join(f"{line}\n" for name, line in lines if name in grow).encode("utf-8")


def summed(pages: Iterable[bytes]) -> bytes:
    r"""Add up samples of the same name and labels; families stand in the order of the first page.

    >>> one = b"# HELP rows_total Rows.\n# TYPE rows_total counter\nrows_total 2.0\n"
    >>> summed([one, one]).splitlines()[-1]
    b'rows_total 4.0'
    """
    heads: dict[str, list[str]] = {}
    samples: dict[str, dict[str, float]] = {}
    for page in filter(None, pages):
        for family, line in _lines(page.decode("utf-8")):
            if line.startswith("#"):
                if line not in heads.setdefault(family, []):
                    heads[family].append(line)
                continue
            key, _, number = line.rpartition(" ")
            found, value = samples.setdefault(family, {}), float(number)
            found[key] = value if key not in found else _joined(family, found[key], value)
    lines = [
        line
        for family, head in heads.items()
        for line in (*head, *(f"{key} {value!r}" for key, value in samples.get(family, {}).items()))
    ]
    return ("\n".join(lines) + "\n").encode("utf-8")


def _joined(family: str, one: float, other: float) -> float:
    if family in _LEAST:
        return min(one, other)
    return max(one, other) if family in _MOST else one + other


def _lines(page: str) -> Iterator[tuple[str, str]]:
    """Give each line with the name of the family that it belongs to."""
    family = ""
    for line in page.rstrip("\n").split("\n"):
        if line.startswith("# "):
            family = line.split(" ", 3)[2]
        yield family, line
