from __future__ import annotations

from typing import Any

from mlops.app.gate import Verdict
from mlops.cli.verdicts import escape, markdown, table


def rule(**keys: Any) -> dict[str, Any]:
    return {
        "id": "auroc", "metric": "auroc", "against": "value", "by": None, "slice": None, "value": 0.761, "low": 0.748,
        "high": 0.774, "bound": 0.74, "side": "at_least", "n": 4038, "verdict": "pass", "sentence": "It holds.",
        "mode": "block", "applicable": True, **keys,
    }  # fmt: skip


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
        "  ✓ auroc at least 0.74                      0.761  [0.748, 0.774]  n=4,038\n"
        "  ✓ auroc no worse than champion by 0.005   +0.004  [-0.001, +0.009]  n=4,038\n"
        "  ✗ auroc by black=1 at least 0.68           0.661  [0.629, 0.693]  n=812\n"
        "    Too low.\n"
        "  · auroc better than dummy                not applicable\n"
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


def test_escaping_gives_each_character_one_entity() -> None:
    assert escape("a_b #1 & `c`\n") == "a&#95;b &#35;1 &#38; &#96;c&#96; "


def test_fairness_names_its_column_and_power_is_explained() -> None:
    fair = rule(
        metric="demographic_parity_difference", of="plan", side="at_most", bound=0.1, value=0.02, low=0.0, high=0.09
    )
    paired = rule(against="champion", bound=-0.05, relative=True, value=0.004, low=-0.001, high=0.009, power=0.441)
    assert table(Verdict("churn", "pass", (fair, paired), None), explain=True).splitlines()[1:-1] == [
        "  ✓ demographic_parity_difference of plan at most 0.1     0.02  [0, 0.09]  n=4,038",
        "    It holds.",
        "  ✓ auroc no worse than champion by 5 %                 +0.004  [-0.001, +0.009]  n=4,038",
        "    It holds.",
        "    power: an equally good model passes 44% of the time on so many rows",
    ]
