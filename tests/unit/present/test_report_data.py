"""What the page says of texts: which bars they are, and that it does not tell those of a column that is not public."""

from mlops.documents.data import ColumnReport, DataReport, Spread
from mlops.documents.gate import GateReport, RuleResult
from mlops.documents.metrics import Discovered, MetricsReport
from mlops.documents.split import PartReport, SplitReport
from mlops.present.report.about import UNKNOWN, About
from mlops.present.report.data import data
from mlops.present.report.discovered import discovered
from mlops.present.report.origins import parts
from mlops.present.report.verdict import rule_rows


def drawn(levels: dict[str, int]) -> tuple[list[str], str]:
    column = ColumnReport(name="plan", type="category", nulls=0, profile=Spread(levels=levels))
    found = data(DataReport(columns=(column,)), UNKNOWN, [])
    assert found is not None
    (histogram,) = found.histograms
    return [bar.text for bar in histogram.bars], histogram.levels


def test_bars_of_texts_are_named_by_their_rows_all_others_last():
    assert drawn({"*": 50, "a": 10, "b": 40}) == (["b: 40", "a: 10", "*: 50"], "b 40%, a 10%, others 50%")


def test_many_and_long_texts_are_cut():
    texts, said = drawn({f"{'x' * 30}{place}": 10 - place for place in range(8)})
    assert len(texts) == 8
    assert (
        said
        == ", ".join(
            f"{'x' * 24} {10 - place:.0f}".split()[0] + f" {share}"
            for place, share in enumerate(("19%", "17%", "15%", "13%", "12%", "10%"))
        )
        + " and 2 more"
    )


def test_of_a_column_that_is_not_public_no_digest_stands_for_a_name():
    assert drawn({"#383ef369": 25, "#d34a569a": 75})[1] == "2 bars, the first 75%; `public: true` names them"


def test_without_an_entity_no_part_counts_any():
    split = SplitReport(by="random", parts={"train": PartReport(rows=10)})
    assert [part.entities for part in parts(split, UNKNOWN)] == [""]


def test_codes_are_said_as_labels_in_sentences_and_in_slices_that_nobody_declared():
    about = About(labels={"female": {"0": "no"}})
    rule = RuleResult(
        id="a",
        metric="auroc",
        by="female",
        slice="0",
        verdict="pass",
        mode="block",
        applicable=True,
        sentence="AUROC where female=0 is 0.7; at least 0.6 is required",
    )
    (row,) = rule_rows(GateReport(verdict="pass", rules=(rule,)), about)
    assert (row.title, row.sentence) == (
        "AUROC where female=no",
        "AUROC where female=no is 0.7; at least 0.6 is required",
    )
    found = Discovered(slice=("female = 0", "age up to 40"), loss=0.3, rest=0.1, n=50)
    forest = discovered(MetricsReport(task="binary", discovered=(found,)), about)
    assert forest is not None
    assert [each.name for each in forest.rows] == ["female = no and age up to 40"]
