from __future__ import annotations

from pathlib import Path

from mlops.present.report.documents import Documents, Epoch, Learnt, Point


def read(folder: Path, **files: str) -> Documents:
    (folder / "plots").mkdir()
    for name, text in files.items():
        place = folder / "plots" if name == "roc" else folder
        (place / f"{name}.csv").write_text(text)
    return Documents.read(folder)


def test_tables_are_read_as_numbers(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        roc="model,count,x,y\ncandidate,3,0.5,1e-3\n",
        history="candidate,epoch,metric,value\nmlp,2,train_loss,\n",
        learning_curve="share,rows,value,low,high\n0.1,27,70.5,,80\n",
    )
    assert found.plots == {"roc": (Point(model="candidate", x=0.5, y=0.001, count=3),)}
    assert found.history == (Epoch(candidate="mlp", epoch=2, metric="train_loss", value=None),)
    assert found.learning_curve == (Learnt(rows=27, value=70.5, low=None, high=80),)


def test_a_damaged_table_is_none_and_so_is_an_absent_one(tmp_path: Path) -> None:
    found = read(tmp_path, roc="model,x,y\ncandidate,high,1\n", history="candidate,epoch\nmlp,2\n")
    assert (found.plots, found.history, found.learning_curve) == ({"roc": ()}, (), ())
