"""A model that is too good to be true: what training and the checks of the data found, and whether it was accepted.

It is no rule that somebody wrote: every gate asks. Near perfection alone warns; where it hangs on a few columns, or
where the data showed that columns give the target away, it blocks, until `leak` of conf/accept/ names them all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops.blocks.accepted_leak import AcceptedLeak, cure
from mlops.documents.gate import Accepted, RuleResult
from mlops.documents.training import TOO_GOOD
from mlops.verdict import FAIL, PASS

if TYPE_CHECKING:
    from mlops.documents.data import DataReport
    from mlops.documents.training import TooGood

ID = METRIC = "too_good_to_be_true"


def judge(found: TooGood | None, data: DataReport | None, accepted: AcceptedLeak | None) -> tuple[RuleResult, ...]:
    """Judge what was found; nothing where nothing was."""
    broken = [check.column for check in (data.checks if data else ()) if check.name == "leakage" and not check.passed]
    hanging = tuple(dict.fromkeys([*(found.columns if found else ()), *(name for name in broken if name)]))
    if found is None and not hanging:
        return ()
    known = set(accepted.columns if accepted else ())
    named = ", ".join(f"`{name}`" for name in hanging)
    said = found.sentence if found else f"the checks of the data found that columns give the target away: {named}"
    if not hanging:
        return (_result(found, FAIL, "warn", f"{said}; no few columns explain it: look whether it can be so"),)
    if accepted is not None and set(hanging) <= known:
        # a pass of what nobody asked for must not be the one that a gate without rules stands on
        passed = _result(found, PASS, "warn", f"{said}; {accepted.told}")
        more: dict[str, object] = {"accepted": Accepted.model_validate(accepted.model_dump(exclude_none=True))}
        more |= {} if accepted.until is None else {"accepted_until": accepted.until}
        return (passed.model_copy(update=more),)
    left = [name for name in hanging if name not in known]
    return (_result(found, FAIL, "block", f"{said}; {cure(left)}"),)


def _result(found: TooGood | None, verdict: str, mode: str, sentence: str) -> RuleResult:
    more = {} if found is None else {"value": found.value, "n": found.rows}
    said = {"id": ID, "metric": METRIC, "side": "at_most", "bound": TOO_GOOD, "mode": mode, "applicable": True}
    return RuleResult.model_validate({**said, "verdict": verdict, "sentence": sentence, **more})
