"""`mlops gc`: objects of DVC's that nothing names any more, and trials that nobody comes back to."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime

import click

from mlops.cli.options import output, result, root, say


@click.command()
@click.option("--dry-run", "dry", is_flag=True, help="Say what would go, and delete nothing.")
@click.option("--remote", is_flag=True, help="In the default DVC remote too, which nobody else must be using.")
@output("text", "json")
def command(dry: bool, remote: bool, form: str) -> None:
    """Delete from DVC's cache what no branch, tag or file here names, and no release can need; and old trials.

    What is live in any environment stays, and so does what each may be rolled back to: the last releases and those of
    the last days, by `keep:` in conf/project.yaml. Nothing is deleted where that cannot be told: exit 6 where history
    was not fetched, 5 where a lock cannot be read, 3 where no commit records the run of a bundle that is needed. Trials
    and journals of searches stay for `keep.days`, and no longer than their pipeline.
    """
    from mlops.operations.releasing.gc import collect
    from mlops.operations.trying.sweep import sweep, sweep_searches

    here, now = root(), datetime.now(UTC)
    found = collect(here, now, dry=dry, remote=remote)
    tried = [swept(here, now, dry=dry) for swept in (sweep, sweep_searches)]
    places = [*found.swept, *(place for place in tried if place.kept or place.objects)]
    for item in found.held if form == "text" else ():
        until = "live" if item.until is None else f"live until {item.until:%Y-%m-%d}"
        say(f"kept: {item.environment}/{item.name} {item.bundle[:19]}, {until}")
    went = "would go" if found.dry else "gone"
    swept = (
        f"{place.place}: {place.objects:,} {'files' if place in tried else 'objects'}, {place.size:,} bytes {went}; "
        f"{place.kept:,} stay"
        for place in places
    )
    held = [
        {
            "environment": item.environment,
            "pipeline": item.name,
            "bundle": item.bundle,
            "until": item.until and item.until.isoformat(),
        }
        for item in found.held
    ]
    result(form, {"dry_run": found.dry, "held": held, "swept": [*map(asdict, places)]}, swept)
