"""Hold the snapshot against its contract: artifacts/valid.parquet, artifacts/schema.json, reports/data.json.

A table that breaks a blocking check leaves the report and nothing else.
"""

from __future__ import annotations

from mlops.files.atomic import write_text
from mlops.files.canonical import digest_file
from mlops.ml.data import checks, images, joining, official_test, parquet
from mlops.ml.data.contract import Contract
from mlops.stages.context import SCHEMA, VALID, Section, StageContext
from mlops.stages.snapshot import Snapshot

REPORT = "reports/data.json"
_SHOWN = 10


class Params(Section, Contract):
    """The section `validate` of params.yaml."""


def run(context: StageContext) -> None:
    """Check the snapshot; write what passed, report what did not, refuse what must not pass."""
    params = Params.model_validate(context.params)
    valid, described, report = (context.path(name) for name in (VALID, SCHEMA, REPORT))
    for output in (valid, described, report):
        output.unlink(missing_ok=True)
    raw = context.path(params.table)
    test = official_test.noted(raw)
    table = Snapshot(parquet.read(raw), params, context.folder, joining.noted(raw), test)
    table.checks += [seen.check() for seen in images.noted(raw)]
    table.examine()
    write_text(report, table.report(digest_file(raw)).dumps())
    if problem := checks.refusal(table.checks):
        raise problem
    write_text(described, table.schema().dumps())
    notes = official_test.spelled(test)
    if params.made_by:  # by whatever wrote the table: its rows are the same, its bytes are not
        parquet.write(table.frame, valid, notes)
    else:
        parquet.write_again(table.frame, valid, notes, raw, table.before)
    warnings = sum(not check.passed for check in table.checks)
    context.say(f"{table.frame.height:,} rows passed {len(table.checks):,} checks, {warnings:,} with a warning")
    for message in [check.message for check in table.checks if not check.passed][:_SHOWN]:
        context.say(f"warning: {message}")
