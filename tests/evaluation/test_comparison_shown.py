import csv
import io
import json
from dataclasses import replace

import numpy as np
import pytest
from compared import X, situation

import cede


def test_it_prints_in_a_hundred_columns_and_shows_who_loses():
    compared = situation(0.75, [0.9, *[0.5] * 14], expert_names=[f"reader {j}" for j in range(15)])
    text = str(compared)
    assert max(map(len, text.splitlines())) <= 100
    lines = {tuple(line.split()[:2]): line for line in text.splitlines()}
    assert "better" in lines["reader", "0"]
    assert "worse" in lines["reader", "3"]
    assert "better" not in lines["model", "alone"]
    assert "more experts do not fit" in text
    assert "not corrected for their number" in text
    assert str(compared.verdict()) in " ".join(text.split())
    costs = cede.compare({}, X, np.abs(X[:, :2]), budgets=[0.1], n_boot=100)
    assert "mean cost [95%]" in str(costs)


def test_exports_hold_every_row_and_come_back():
    compared = situation(0.75, [0.8], fees=0.05, expert_names=["A & B_1"])
    lines = list(csv.DictReader(io.StringIO(compared.to_csv())))
    assert len(lines) == len(compared.rows)
    for line, found in zip(lines, compared.rows, strict=True):
        assert line["method"] == found.method
        assert float(line["cost_low"]) == found.cost_low
        assert float(line["share A & B_1"]) == found.shares[0]
    latex = compared.to_latex()
    assert r"A \& B\_1 \\" in latex
    assert latex.count(r"\\") == len(compared.rows) + 1 + 2
    assert latex.index("toprule") < latex.index("seeing") < latex.index("bottomrule")
    back = cede.evaluation.Comparison.from_dict(json.loads(json.dumps(compared.to_dict())))
    assert back == replace(compared, curves={})
    assert str(back) == str(compared)
    assert back.at(0.1).verdict() == compared.at(0.1).verdict()
    with pytest.raises(cede.InvalidInput, match="comparison must hold its cases to be tested"):
        back.against()
    with pytest.raises(
        cede.InvalidInput, match=r"values must be what to_dict\(\) of a comparison wrote"
    ):
        cede.evaluation.Comparison.from_dict({"rows": []})
