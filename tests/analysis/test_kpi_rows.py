import numpy as np

from simsales.analysis.intervals import Floats, Sample
from simsales.analysis.paired_comparison import compare
from simsales.analysis.tidy import KPI_COLUMNS, kpi_rows
from simsales.kpis import describe

X = {"win": np.array([1.0, 2, 3]), "cac@smb": np.array([10.0, np.nan, 30])}
Y = {"win": np.array([2.0, 3.1, 3.9]), "cac@smb": np.array([np.nan, np.nan, 20])}


def sampled(values: dict[str, Floats]) -> dict[str, Sample]:
    return {name: Sample.averaged(x) for name, x in values.items()}


def test_one_row_for_each_alternative_and_kpi() -> None:
    comparisons = {
        "": compare({"x": {"win": X["win"]}, "y": {"win": Y["win"]}}, baseline="x", better={"win": "higher"}),
        "smb": compare(
            {"x": {"cac": X["cac@smb"]}, "y": {"cac": Y["cac@smb"]}}, baseline="x", better={"cac": "lower"}
        ),
    }
    rows = [
        dict(zip(KPI_COLUMNS, row, strict=True))
        for row in kpi_rows(
            {"x": sampled(X), "y": sampled(Y)}, describe, currency="EUR", comparisons=comparisons
        )
    ]
    assert [(row["alternative"], row["tier"], row["kpi"]) for row in rows] == [
        ("x", "", "win"),
        ("x", "smb", "cac"),
        ("y", "", "win"),
        ("y", "smb", "cac"),
    ]
    base, base_cac, other, other_cac = rows
    assert (base["mean"], base["p50"], base["defined"]) == (2, 2, 3)
    assert (base["difference"], base["pairs"]) == (None, None)
    assert (other["mean"], other["difference"], other["pairs"], other["verdict"]) == (3, 1, 3, "higher")
    assert other["undefined_when"] is None
    assert (base_cac["unit"], base_cac["better"]) == ("EUR", "lower")
    assert (base_cac["mean"], base_cac["defined"]) == (20, 2)
    assert base_cac["undefined_when"] == "No customer signed."
    assert (other_cac["difference"], other_cac["pairs"], other_cac["half_width"]) == (-10, 1, None)


def test_alone_there_is_nothing_to_compare() -> None:
    (row,) = kpi_rows({"x": sampled({"utilization.AE": np.array([0.5])})}, describe, currency="USD")
    found = dict(zip(KPI_COLUMNS, row, strict=True))
    assert (found["kpi"], found["unit"], found["mean"]) == ("utilization.AE", "share", 0.5)
    assert found["difference"] is None
