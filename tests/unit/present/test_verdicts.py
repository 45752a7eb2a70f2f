from __future__ import annotations

from typing import Any

from mlops.documents.gate import RuleResult
from mlops.operations.verdicts.gate import Verdict
from mlops.present.markdown.verdict import verdict as markdown
from mlops.present.markdown.verdict import verdicts
from mlops.present.terminal.verdict import table


def rule(**keys: Any) -> RuleResult:
    return RuleResult.model_validate({
        "id": "auroc", "metric": "auroc", "against": "value", "by": None, "slice": None, "value": 0.761, "low": 0.748,
        "high": 0.774, "bound": 0.74, "side": "at_least", "n": 4038, "verdict": "pass", "sentence": "It holds.",
        "mode": "block", "applicable": True, **keys,
    })  # fmt: skip


VERDICT = Verdict(
    "rand_hie",
    "fail",
    (
        rule(),
        rule(against="champion", bound=-0.005, value=0.004, low=-0.001, high=0.009),
        rule(
            by="black",
            slice="1",
            verdict="fail",
            value=0.661,
            low=0.629,
            high=0.693,
            bound=0.68,
            n=812,
            sentence="Too low.",
        ),
        rule(against="dummy", bound=0.0, applicable=False, value=None, low=None, high=None, n=0, sentence="No dummy."),
    ),
    None,
)


def test_a_table_lines_up_and_gives_a_sentence_where_a_rule_did_not_pass() -> None:
    assert table(VERDICT, explain=False) == (
        "rand_hie\n"
        "  ✓ AUROC at least 0.74                     0.761  [0.748, 0.774]    n=4,038\n"
        "  ✓ AUROC no worse than champion by 0.005  +0.004  [-0.001, +0.009]  n=4,038\n"
        "  ✗ AUROC where black=1 at least 0.68       0.661  [0.629, 0.693]    n=812\n"
        "    Too low.\n"
        "  · AUROC better than dummy                not applicable\n"
        "  verdict: fail (1 of 3 failed)"
    )


def test_explaining_gives_every_sentence() -> None:
    assert table(VERDICT, explain=True).count("It holds.") == 2


def test_markdown_escapes_what_a_user_wrote() -> None:
    hostile = Verdict(
        "p", "fail", (rule(by="x", slice="<img onerror=1>@org|`", verdict="fail", sentence="[a](b)\n# c"),), None
    )
    shown = markdown(hostile)
    assert "<img" not in shown
    assert "@org" not in shown
    assert "[a](b)" not in shown
    assert "\n# c" not in shown


def test_markdown_says_what_did_not_pass_before_all_rules() -> None:
    assert markdown(VERDICT).splitlines()[:7] == [
        "### ❌ rand_hie: fail (1 of 3 failed)",
        "",
        "- ❌ Too low.",
        "- ⏩ No dummy.",
        "",
        "<details><summary>Every rule</summary>",
        "",
    ]


def test_a_summary_begins_with_the_worst_and_counts_what_it_cannot_hold() -> None:
    said = [("pass", "a passes"), ("fail", "b fails"), ("inconclusive", "c is unclear")]
    assert [*verdicts(said)] == ["b fails", "c is unclear", "a passes"]
    many = [("pass", f"{number} {'–' * 30}") for number in range(20_000)]
    shown = [*verdicts([*many, ("fail", "b fails")])]
    assert shown[0] == "b fails"
    assert sum(len(text.encode()) + 1 for text in shown) < 2**20
    assert shown[-1] == f"… and {20_001 - (len(shown) - 1):,} more verdicts, none of them worse"


def test_fairness_names_its_column_and_power_is_explained() -> None:
    fair = rule(
        metric="demographic_parity_difference", of="plan", side="at_most", bound=0.1, value=0.02, low=0.0, high=0.09
    )
    paired = rule(against="champion", bound=-0.05, relative=True, value=0.004, low=-0.001, high=0.009, power=0.441)
    assert table(Verdict("churn", "pass", (fair, paired), None), explain=True).splitlines()[1:-1] == [
        "  ✓ Demographic parity difference of plan at most 0.1     0.020  [0.000, 0.090]        n=4,038",
        "    It holds.",
        "  ✓ AUROC no worse than champion by 5 %                +0.400 %  [-0.100 %, +0.900 %]  n=4,038",
        "    It holds.",
        "    power: an equally good model passes 44% of the time on so many rows",
    ]


WAIVED = {
    "owner": "@ada", "approver": "@grace", "granted": "2026-03-01", "expires": "2026-03-20", "reason": "few rows of it",
}  # fmt: skip


def test_what_is_waived_or_only_warns_says_so() -> None:
    waived = rule(verdict="fail", sentence="Too low.", waived=WAIVED)
    warns = rule(
        metric="equal_opportunity_difference", of="black", side="at_most", bound=0.1, value=0.24, low=0.156, high=0.344,
        verdict="fail", mode="warn", sentence="It is unfair.",
    )  # fmt: skip
    assert table(Verdict("p", "pass", (rule(), waived, warns), None), explain=False) == (
        "p\n"
        "  ✓ AUROC at least 0.74                                0.761  [0.748, 0.774]  n=4,038\n"
        "  ~ AUROC at least 0.74                                0.761  [0.748, 0.774]  n=4,038\n"
        "    Too low.; waived until 2026-03-20 for @ada, allowed by @grace: few rows of it\n"
        "  ✗ Equal opportunity difference of black at most 0.1  0.240  [0.156, 0.344]  n=4,038  warns only\n"
        "    It is unfair.\n"
        "  verdict: pass (1 of 2 waived, 1 warning)\n"
        "    1 warning: Equal opportunity difference of black is 0.240, and should be at most 0.1"
    )


def test_serving_is_counted_in_repetitions_and_compared_in_per_cent() -> None:
    slower = rule(
        metric="latency_p99", against="champion", side="at_most", bound=0.2, value=0.034, low=-0.01, high=0.08, n=7
    )
    under = rule(under="noise", against="clean", bound=-0.05, value=-0.002, low=-0.004, high=0.001)
    assert table(Verdict("p", "pass", (slower, under), None), explain=False).splitlines()[1:-1] == [
        "  ✓ 99th percentile of latency no worse than champion by 20 %  +3.40 %  [-1.00 %, +8.00 %]  7 times",
        "  ✓ AUROC when numbers are noisy no worse than clean by 0.05   -0.0020  [-0.0040, +0.0010]  n=4,038",
    ]


def test_nothing_is_wider_than_a_terminal() -> None:
    long = rule(
        metric="equalized_odds_difference", of="a_column_with_quite_a_long_name", by="region", slice="x" * 80,
        side="at_most", bound=0.1, mode="warn", verdict="fail", sentence="It is far too much. " * 20,
    )  # fmt: skip
    lines = table(Verdict("p", "fail", (rule(), long), None), explain=True).splitlines()
    assert max(map(len, lines)) <= 120
    assert "…" in lines[3]


def test_a_value_of_the_data_cannot_begin_a_line() -> None:
    hostile = rule(by="site", slice="a\n::error::b", verdict="fail", sentence="It is\x1b[2J bad.")
    shown = table(Verdict("p", "fail", (hostile,), None), explain=False)
    assert "where site=a\\n::error::b at least" in shown
    assert "It is\\x1b[2J bad." in shown
