"""Two write Prometheus' text format, the server and the monitor, and both by the one function."""

from __future__ import annotations

import doctest

from hypothesis import given
from hypothesis import strategies as st

from mlops.documents.monitor import MonitorReport
from mlops.files import prometheus
from mlops.files.prometheus import family
from mlops.monitor.exposition import exposition
from mlops.serve.metrics import Metrics

ODD = 'a"b\\c\nd'
SPELLED = '"a\\"b\\\\c\\nd"'


def test_the_example_holds() -> None:
    assert doctest.testmod(prometheus) == (0, 1)


@given(st.text())
def test_no_value_of_a_label_ends_its_line_or_its_quotes(text: str) -> None:
    (line,) = family("x", "gauge", "about", [("", {"label": text}, 1.0)])[2:]
    assert "\n" not in line
    inside = line.removeprefix('x{label="').removesuffix('"} 1.0')
    assert '"' not in inside.replace("\\\\", "").replace('\\"', "")


def test_the_server_and_the_monitor_spell_a_label_alike() -> None:
    served = Metrics({"pipeline": ODD}, 0.0).render({}).decode()
    about = {"pipeline": ODD, "bundle": "sha256:a", "reference": "sha256:b", "until": "2026-01-01T00:00:00Z"}
    found = {**about, "newest_record": None, "status": "ok", "why": "", "alarms": [], "windows": []}
    watched = exposition([MonitorReport.model_validate(found)], {}, 0.0)
    assert f"mlops_serve_info{{pipeline={SPELLED}}} 1.0\n" in served
    assert f"mlops_monitor_last_success_timestamp_seconds{{pipeline={SPELLED}}} 0.0\n" in watched
    assert watched.count("# TYPE mlops_monitor_status_info gauge\n") == 1
