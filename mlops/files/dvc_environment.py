"""What DVC is told wherever this framework starts it: to report to nobody.

Its own default, outside a repository whose `.dvc/config` says otherwise, is to leave a file in the folder for temporary
ones and a process behind that sends it away.
"""

from __future__ import annotations

UNREPORTED = {"DVC_NO_ANALYTICS": "1"}
