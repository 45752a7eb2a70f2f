"""`mlops serve`: answer predictions over HTTP."""

from __future__ import annotations

import os
from dataclasses import asdict
from functools import partial
from pathlib import Path

import click

from mlops.cli.options import FILE, FOLDER, output, result, root, say


class Told(click.Command):
    """A command that SageMaker may start, which types `serve` behind it and leaves the rest to a variable."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read what was typed, or what the environment says."""
        if args == ["serve"]:
            from mlops.serve.dialects.environment import arguments_of

            args = arguments_of(args, os.environ)
        return super().parse_args(ctx, args)


@click.command(cls=Told)
@click.argument("name")
@click.option("--host", help="Address to listen on. [default: what `deploy:` of NAME says, or 127.0.0.1]")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="0 takes a free one. [default: what `deploy:` of NAME says, or 8080]"
)
@click.option(
    "--env", "environment", metavar="ENVIRONMENT", help="Serve what is live there. [default: in the live one]"
)
@click.option("--expect", metavar="DIGEST", help="Serve this bundle and no other: sha256:… of its manifest.")
@click.option("--check", is_flag=True, help="Replay the golden rows over HTTP, then stop.")
@click.option(
    "--log",
    type=FOLDER,
    help="Write answers down in this folder, and nowhere else. [default: where `monitor:` of NAME says]",
)
@click.option(
    "--token-from",
    metavar="NAME",
    help="Answer only who sends `Authorization: Bearer TOKEN`: the token is in the environment variable NAME, or in a "
    "file, file:///path.",
)
@click.option("--behind", type=click.Choice(["proxy"]), help="A proxy in front of the server says who may ask.")
@click.option(
    "--policy", type=FILE, help="Whose signature counts: a copy of conf/policy.yaml. [default: the repository's]"
)
@click.option(
    "--signature", type=FILE, help="The bundle's signature. [default: FOLDER.signature.json, or what the registry has]"
)
@click.option(
    "--follow",
    metavar="PLACE",
    help="Serve what the signed live.json of NAME there says, and what it says next: s3://, file:// or https://.",
)
@click.option("--keep", type=FOLDER, help="Where --follow keeps bundles. [default: .mlops/follow/NAME]")
@click.option("--limit", "limits", metavar="KEY=NUMBER", multiple=True, help="Change a limit of `deploy:`.")
@click.option("--workers", type=click.IntRange(1, 64), help="Processes that answer on the port. [default: 1]")
@click.option(
    "--log-format",
    type=click.Choice(["plain", "ecs"]),
    help="Print each answer as a line of JSON by the Elastic Common Schema: ecs. [default: plain, which prints none]",
)
@click.option(
    "--switch",
    is_flag=True,
    help="Have what is live take over from what is served behind HAProxy (`blue_green` of `deploy:`), and return.",
)
@click.option("--stop", is_flag=True, help="End HAProxy and the servers behind it, which --switch started.")
@output("text", "json")
def command(
    name: str,
    host: str | None,
    port: int | None,
    environment: str | None,
    expect: str | None,
    check: bool,
    log: Path | None,
    token_from: str | None,
    behind: str | None,
    policy: Path | None,
    signature: Path | None,
    follow: str | None,
    keep: Path | None,
    limits: tuple[str, ...],
    workers: int | None,
    log_format: str | None,
    switch: bool,
    stop: bool,
    form: str,
) -> None:
    """Serve the live bundle of pipeline NAME, or the bundle in folder NAME, after its manifest has been verified.

    Where no environment is declared, nothing is ever released, and the last run's bundle is served. A folder may lie
    anywhere: no repository is needed for it, nor any extra of this package.

    Where the policy names `signers`, the bundle must be signed by one of them (`unsigned: refuse`), or a warning says
    that nobody did; a signature of other bytes, or by anybody else, is refused.

    With --follow no repository is needed: `mlops reconcile` writes the place (`publish:` of an environment), and
    another bundle takes over without a lost request. A pointer that is older, or not signed by a key of `signers`, is
    refused, and what is served stays.

    A host that others can reach needs `--token-from` or `--behind proxy`. SIGTERM turns `/health` to 503 first, and
    closes the port when `drain_seconds` are over. Of several `--workers` one that dies is replaced, a switch of
    --follow waits until all could make it, and `/metrics` is the sum.

    With --switch the live bundle gets a server of its own, which answers its golden rows before HAProxy moves to it;
    the one before ends what it has. Safe at any time and as often as you like. Where the next one cannot prove itself
    the one before stays, and the exit code says why.
    """
    if switch or stop:
        given = (host, port, log, token_from, behind, policy, signature, follow, keep, workers, log_format, expect)
        if switch == stop or check or limits or any(each is not None for each in given):
            raise click.UsageError("--switch, or --stop, goes by `deploy:` of NAME alone: leave all but --env away")
        _behind_haproxy(name, environment, form, switch=switch)
        return
    from mlops.operations.root import search_root
    from mlops.operations.running.serve import Settings, find_bundle, find_settings, replay, start, target_of, vouching

    here = search_root(Path.cwd())
    typed = partial(
        target_of,
        host=host,
        port=port,
        token_from=token_from,
        behind=behind,
        limits=limits,
        workers=workers,
        log_format=log_format,
    )
    if follow is not None:
        if check or expect or signature:
            raise click.UsageError("--follow goes by the pointer: leave --check, --expect and --signature away")
        from mlops.operations.running.follow import follow as follow_place

        target = typed(None)
        follow_place(follow, name, target, root=here, policy=policy, environment=environment, keep=keep, log=log)
        return
    if keep is not None:
        raise click.UsageError("--keep belongs to --follow")
    bundle, told, live = find_bundle(here, name, environment)
    if told:
        say(told)
    vouched = vouching(here, name, bundle, policy, signature)
    if not check:
        found = Settings() if here is None else find_settings(here, name, live)
        target = typed(found.target)
        own = found.log if log is None else None
        kept = {"log": log} if own is None else {"log": own.folder, "ship": own.place}
        start(bundle, target, expected=expect, vouched=vouched, **kept)
        return
    replayed = replay(bundle, expect, vouched)
    answered = f"{replayed.rows} golden rows answered exactly as expected by {replayed.digest}"
    result(form, {"schema_version": 1, **asdict(replayed)}, [answered])
    say(f"start to first answer {replayed.ready:.1f} s, {replayed.seconds * 1000:.1f} ms for all rows in one request")


def _behind_haproxy(name: str, environment: str | None, form: str, *, switch: bool) -> None:
    from mlops.operations.running.blue_green import stop_all, switch_live

    if switch:
        done = switch_live(root(), name, environment, say)
        result(form, {"schema_version": 1, **asdict(done)}, [done.told])
        return
    ended = stop_all(root(), name, environment)
    told = " and ".join(ended.servers) or "nothing ran"
    result(form, {"schema_version": 1, **asdict(ended)}, [f"ended: {told}" if ended.servers else told])
