"""Dates and times as people write them: what a text of one form says. Pure: a server goes by it too."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

_PARTS = {
    "%Y": r"(?P<year>[0-9]{4})",
    "%m": "(?P<month>[0-9]{1,2})",
    "%d": "(?P<day>[0-9]{1,2})",
    "%H": "(?P<hour>[0-9]{1,2})",
    "%I": "(?P<hour>[0-9]{1,2})",
    "%M": "(?P<minute>[0-9]{1,2})",
    "%S%.f": r"(?P<second>[0-9]{1,2})(?:\.(?P<fraction>[0-9]{1,9}))?",
    "%S": "(?P<second>[0-9]{1,2})",
    "%p": "(?P<half>[AaPp][Mm])",
}
_ZONE = r"(?:\s*(?P<zone>[Zz]|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?))?"
_FIRST_YEAR = 1000  # `03/04/0020` is not the year 20
_COMPACT = "%Y%m%d"
_ISO = re.compile(r"%Y-%m-%d(?:[T ]%H:%M(?::%S%\.f)?)?")


class MomentText:
    """A form of dates or times, as Polars spells it: `%d.%m.%Y %H:%M`. A time may end with its zone."""

    def __init__(self, form: str) -> None:
        self.form = form
        pieces = re.split(r"(%S%\.f|%[YmdHIMSp])", form)
        pattern = "".join(_PARTS.get(piece, re.escape(piece)) for piece in pieces)
        if form == _COMPACT:
            pattern = pattern.replace("{1,2}", "{2}")
        self._pattern = re.compile(pattern + (_ZONE if "%M" in form else ""), re.ASCII)

    @property
    def iso(self) -> bool:
        """Whether it is a form of ISO 8601, which every reader knows."""
        return _ISO.fullmatch(self.form) is not None

    def read(self, text: str) -> datetime | None:
        """Read a text, in UTC where it has a zone; None where it has another form, or is no moment.

        >>> MomentText("%d.%m.%Y").read("3.4.2024")
        datetime.datetime(2024, 4, 3, 0, 0)
        >>> MomentText("%m/%d/%Y %I:%M %p").read("04/03/2024 1:05 PM +02:00")
        datetime.datetime(2024, 4, 3, 11, 5)
        """
        found = self._pattern.fullmatch(text.strip())
        if found is None:
            return None
        said = found.groupdict()
        hour = int(said.get("hour") or 0)
        if half := said.get("half"):
            if not 1 <= hour <= 12:
                return None
            hour = hour % 12 + 12 * (half.lower() == "pm")
        if int(said["year"]) < _FIRST_YEAR:
            return None
        try:
            moment = datetime(
                int(said["year"]),
                int(said["month"]),
                int(said["day"]),
                hour,
                int(said.get("minute") or 0),
                int(said.get("second") or 0),
                int((said.get("fraction") or "0").ljust(6, "0")[:6]),
            )
            return moment - _offset(said.get("zone") or "Z")
        except (ValueError, OverflowError):
            return None


def _offset(zone: str) -> timedelta:
    if zone[0] not in "+-":
        return timedelta()
    hours, minutes = int(zone[1:3]), int(zone[-2:]) if len(zone) > 3 else 0
    return (-1 if zone[0] == "-" else 1) * timedelta(hours=hours, minutes=minutes)
