"""Who approved what a commit of the main branch brought: the decision alone, on what was found out.

An approval counts where an owner gave it, as the last thing said of the very head that was merged, to a pull request of
somebody else that says what is on the main branch. Whatever else looks like one is named, so that it can be made good.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

APPROVED: Literal["approved"] = "approved"
NOT_APPROVED: Literal["not approved"] = "not approved"
NOT_LOOKED_AT: Literal["not looked at"] = "not looked at"
BREAK_GLASS: Literal["break-glass"] = "break-glass"
"""Past review, by somebody whom the policy lets do so while GitHub is down."""
State = Literal["approved", "not approved", "not looked at", "break-glass"]

_DECISIVE = ("APPROVED", "CHANGES_REQUESTED", "DISMISSED")
_SHOWN = 5  # reviewers that a sentence names


@dataclass(frozen=True)
class Review:
    """What one reviewer said of one commit; `author` is a login, empty where the account is gone."""

    author: str
    state: str
    commit: str


@dataclass(frozen=True)
class Pull:
    """A merged pull request; `reviews` are in the order in which they were given.

    `writers` are the logins that its commits are of. `says_it` tells whether its head has the file as the main branch
    has it; None where that could not be read.
    """

    number: int
    author: str
    head: str
    reviews: tuple[Review, ...] = ()
    writers: frozenset[str] = frozenset()
    says_it: bool | None = True

    def last(self) -> dict[str, Review]:
        """Give the last review of each reviewer that decides something, by login in lower case."""
        return {review.author.casefold(): review for review in self.reviews if review.state in _DECISIVE}


@dataclass(frozen=True)
class Approval:
    """Whether a commit was approved; `by` are those whose approval counts, as `@login`.

    `vetoed` says that somebody who may approve it asked for changes.
    """

    state: State
    sentence: str
    commit: str = ""
    pull_request: int | None = None
    by: tuple[str, ...] = field(default=())
    vetoed: bool = field(default=False, compare=False)  # its sentence says so too

    @property
    def short(self) -> str:
        """Say it in a cell of a table."""
        named = f" by {', '.join(self.by)}" if self.by else ""
        return f"{self.state}{named}"

    def record(self) -> dict[str, Any]:
        """Give it as plain data, as the ledger keeps it."""
        return {
            "state": self.state,
            "by": list(self.by),
            "pull_request": self.pull_request,
            "commit": self.commit,
            "sentence": self.sentence,
        }


def unknown(why: str, commit: str = "") -> Approval:
    """Say that nobody looked, and why."""
    return Approval(NOT_LOOKED_AT, f"approval: not looked at: {why}", commit)


def wanting(pull: Pull) -> tuple[str, ...]:
    """Name the reviewers, sorted, of whom it matters whether they are owners: their last word is of what was merged."""
    last = pull.last()
    return tuple(sorted(review.author for login, review in last.items() if login and _against(pull, review) is None))


@dataclass(frozen=True)
class Asked:
    """What is to be approved: `file`, as `commit` has it.

    `standing` says of logins whether they may approve it: None where nobody could tell. Whoever is not in it may not,
    and `lacking` says what such a one is (`no owner of conf/release/prod/churn.yaml`).
    """

    commit: str
    file: str
    standing: Mapping[str, bool | None]
    lacking: str

    def may(self, review: Review) -> bool | None:
        """Tell whether a reviewer may approve it; None where nobody could tell."""
        known = {login.casefold(): standing for login, standing in self.standing.items()}
        return known.get(review.author.casefold(), False)


def decide(pulls: Sequence[Pull], asked: Asked) -> Approval:
    """Decide whether what a commit brought was approved; of several pull requests that it came with one is enough."""
    if not pulls:
        said = f"{asked.commit[:8]} came with no merged pull request: it was pushed past review"
        return Approval(NOT_APPROVED, said, asked.commit)
    order = (APPROVED, NOT_LOOKED_AT, NOT_APPROVED)
    return min((_of_one(pull, asked) for pull in pulls), key=lambda approval: order.index(approval.state))


def _of_one(pull: Pull, asked: Asked) -> Approval:
    """Decide by one pull request: what speaks against it first, then what is not known, then who said yes."""
    last = pull.last()
    reviews = [last[login] for login in sorted(last) if login]
    able = [review for review in reviews if _against(pull, review) is None and asked.may(review) is not False]
    vetoes = [f"@{review.author} asked for changes" for review in able if review.state != "APPROVED"]
    yes = tuple(f"@{review.author}" for review in able if asked.may(review))
    if vetoes:
        return replace(_past(pull, asked, vetoes[0]), vetoed=True)
    if not able:
        return _past(pull, asked, "; ".join(_reasons(pull, reviews, asked)))
    if pull.says_it is False:
        return _past(pull, asked, f"what {asked.commit[:8]} has of {asked.file} is not what was approved there")
    if not yes:
        return _doubt(pull, asked, f"whether @{able[0].author}, who approved it, may do so cannot be read")
    if pull.says_it is None:
        return _doubt(pull, asked, f"what {yes[0]} approved cannot be read")
    return Approval(APPROVED, f"approved by {', '.join(yes)} in #{pull.number}", asked.commit, pull.number, yes)


def _past(pull: Pull, asked: Asked, why: str) -> Approval:
    said = f"#{pull.number} was merged past review: {why or 'nobody reviewed it'}"
    return Approval(NOT_APPROVED, said, asked.commit, pull.number)


def _doubt(pull: Pull, asked: Asked, why: str) -> Approval:
    return Approval(NOT_LOOKED_AT, f"approval: not looked at: #{pull.number}: {why}", asked.commit, pull.number)


def _against(pull: Pull, review: Review) -> str | None:
    """Say why a review is no approval of what was merged, whoever gave it; None where it may be one, or a veto."""
    login = review.author.casefold()
    if review.state == "CHANGES_REQUESTED":
        return None
    if review.state == "DISMISSED":
        return "whose approval was dismissed"
    if login == pull.author.casefold():
        return "who opened it"
    if login in {writer.casefold() for writer in pull.writers}:
        return "who wrote a part of it"
    if review.commit != pull.head:
        return f"who saw {review.commit[:8] or 'an unknown commit'}, where {pull.head[:8]} was merged"
    return None


def _reasons(pull: Pull, reviews: Sequence[Review], asked: Asked) -> Iterator[str]:
    for review in reviews[:_SHOWN]:
        yield f"not approved by @{review.author}, {_against(pull, review) or f'who is {asked.lacking}'}"
    if len(reviews) > _SHOWN:
        yield f"nor by {len(reviews) - _SHOWN:,} others"
