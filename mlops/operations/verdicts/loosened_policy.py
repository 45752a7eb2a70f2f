"""What a policy asks for no more after a change, in a sentence each: whose word counts, and what is let through."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mlops.configuration.approvals import Approvals, Unapproved
from mlops.configuration.policy import Policy, RiskTier
from mlops.configuration.signers import Signer

_ALLOWED = ("runners", "sources", "packages", "kinds")
_ASKED = ("sliced_gate", "champion_gate", "card", "budget")
_LEFT = ("own_classes", "own_gates", "derive_personal")
_EVER = "9999-12-31"
_STRICT: tuple[Unapproved | None, ...] = ("warn", None, "refuse")
"""What may become of what nobody approved, from mild to strict; None is a release's where the policy does not say."""
_BECOMES = {"warn": "only warned of", None: "named, and refused only where nobody looked"}


def loosened_policy(before: Policy | None, after: Policy | None) -> tuple[str, ...]:
    """Say what of an earlier policy no longer holds; empty where all of it is still asked for."""
    if before is None:
        return ()
    if after is None:
        return ("there is no policy any more",)
    return (
        *(f"{owner} owns the policy too" for owner in _added(before.owners, after.owners)),
        *_signers(before, after),
        *_approvals(before.approvals, after.approvals),
        *(sentence for key in _ALLOWED for sentence in _allowed(key, getattr(before, key), getattr(after, key))),
        *(sentence for name in before.risk for sentence in _tier(name, before.risk[name], after.risk.get(name))),
        *_plugins(before, after),
        *(f"mlops {entry} is refused no more" for entry in _added(after.versions.refused, before.versions.refused)),
        *(("a pipeline may have stages of own code",) if _own_stages(before, after) else ()),
        *(("a first model needs no waiver any more",) if (before.first, after.first) == ("review", "allow") else ()),
    )


def _own_stages(before: Policy, after: Policy) -> bool:
    return (before.own_stages, after.own_stages) == ("forbid", "allow")


def _added(before: Iterable[str], after: Iterable[str]) -> list[str]:
    known = {each.casefold() for each in before}
    return [each for each in after if each.casefold() not in known]


def _plugins(before: Policy, after: Policy) -> Iterator[str]:
    for name, releases in after.plugins.items():
        if before.plugins.get(name) != releases:
            yield f"kinds of {name} {releases} count"


def _signers(before: Policy, after: Policy) -> Iterator[str]:
    if before.signers and not after.signers:
        yield "nobody's signature is asked for any more"
    for name, signer in after.signers.items():
        yield from _signer(name, before.signers.get(name), signer)
    if (before.unsigned, after.unsigned) == ("refuse", "warn"):
        yield "a bundle that nobody signed is only warned of"


def _signer(name: str, old: Signer | None, new: Signer) -> Iterator[str]:
    if old is None:
        yield f"signatures of `{name}` ({_who(new)}) count"
        return
    if (old.key, old.workflow) != (new.key, new.workflow):
        yield f"signer `{name}` is another one: {_who(new)}"
    elif old.issuer != new.issuer:
        yield f"signer `{name}` is whom {new.issuer} says"
    if (new.not_after or _EVER) > (old.not_after or _EVER):
        yield f"signatures of `{name}` count {f'until {new.not_after}' if new.not_after else 'for ever'}"
    if old.revoked and not new.revoked:
        yield f"what `{name}` signed counts again"


def _who(signer: Signer) -> str:
    return signer.workflow or "the holder of a key"


def _approvals(before: Approvals, after: Approvals) -> Iterator[str]:
    told = (("releases", "a release that nobody approved"), ("waivers", "a waiver of unknown approval"))
    for key, what in told:
        old, new = getattr(before, key), getattr(after, key)
        if _STRICT.index(new) < _STRICT.index(old):
            yield f"{what} is {_BECOMES[new]}"
    for team, people in after.members.items():
        yield from (f"{person} counts as of {team}" for person in _added(before.members.get(team, ()), people))
    glass, now = before.break_glass, after.break_glass
    if now is not None:
        yield from (f"{who} may release by break-glass" for who in _added(glass.people if glass else (), now.people))
        if glass is not None and now.days > glass.days:
            yield f"a release by break-glass holds for {now.days} days instead of {glass.days}"


def _allowed(key: str, before: tuple[str, ...] | None, after: tuple[str, ...] | None) -> Iterator[str]:
    if before is not None and after is None:
        yield f"`{key}` allows anything"
    elif before is not None and after is not None:
        yield from (f"`{key}` allows `{pattern}` too" for pattern in after if pattern not in before)


def _tier(name: str, old: RiskTier, new: RiskTier | None) -> Iterator[str]:
    now = new or RiskTier()
    if now.owners < old.owners:
        yield f"a pipeline of {name} risk needs {now.owners} owners instead of {old.owners}"
    yield from (f"a pipeline of {name} risk needs no `{k}`" for k in _ASKED if getattr(old, k) > getattr(now, k))
    yield from (f"a pipeline of {name} risk may have `{k}`" for k in _LEFT if getattr(old, k) < getattr(now, k))
