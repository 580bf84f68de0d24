"""The commonest answer in every case stands beside the model, and the first sentence says it."""

import csv
import io
import json

import numpy as np
import pytest

import cede
from cede.evaluation.appraisal import appraise
from cede.report import summarise

N = 2_000


class Deferring:
    """A model that is right as often as told, and knows where an expert is needed."""

    def __init__(self, answers, gain):
        self.answers, self.gain = answers, gain

    def predict(self, X):
        return self.answers[X[:, 0].astype(int)]

    def agent_scores(self, X):
        gain = self.gain[X[:, 0].astype(int)]
        return np.column_stack([np.zeros_like(gain[:, :1]), gain])


def made(majority, model_right, experts_right, seed=0, knows=True, **options):
    """Labels no and yes; "no" is as common as said; agents are right as often as said."""
    draw = np.random.default_rng(seed)
    y = np.where(draw.random(N) < majority, "no", "yes")
    agents = (model_right, *experts_right)
    right = draw.random((N, len(agents))) < agents
    answers = np.where(right, y[:, None], np.where(y == "no", "yes", "no")[:, None])
    costs = 1.0 - right[:, 1:]
    gain = draw.normal(size=costs.shape)
    if knows:
        gain = (~right[:, :1]).astype(float) - costs + 0.1 * draw.random(costs.shape)
    router = Deferring(answers[:, 0], gain)
    given = {"budgets": [0.3, 1.0], "n_boot": 200, "model": router, "y_fit": y, **options}
    return {"router": router}, np.arange(N)[:, None], y, None, costs, given


def compared(*arguments, **options):
    *given, keywords = made(*arguments, **options)
    return cede.compare(*given, **keywords)


def appraised(*arguments, **options):
    *given, keywords = made(*arguments, **options)
    return appraise(*given, **keywords)


def sentences(text):
    return [part.strip() for part in text.replace(". ", ".\n").split("\n")]


def test_the_first_sentence_says_that_the_model_is_below_the_commonest_answer():
    found = compared(0.75, 0.6, [0.9])
    verdict = found.verdict()
    row = next(r for r in found.rows if r.answer == "no")
    assert row.method == "always no"
    assert verdict.constant == row
    first = sentences(str(verdict))[0]
    model = found.rows[0]
    assert first.startswith(
        f"The model is worse than always answering no: {100 * model.accuracy:.1f}%, instead of "
        f"{100 * row.accuracy:.1f}% (difference {-100 * row.gain:+.1f} points"
    )
    said = summarise(appraised(0.75, 0.6, [0.9])).verdict
    assert sentences(said)[0].startswith("The model is worse than always answering no: ")
    printed = " ".join(str(found).split())
    assert "always no 7" in printed
    assert printed.endswith("All but the first interval hold for all rows together.")


def test_a_model_that_may_be_no_better_is_not_called_better():
    verdict = compared(0.75, 0.75, [0.9]).verdict()
    assert str(verdict).startswith("The model is not shown to be better than always answering no")
    good = compared(0.75, 0.85, [0.9]).verdict()
    assert good.constant is None
    assert "always" not in str(good)


def test_most_of_a_gain_may_be_repair_of_a_bad_model():
    """Better than the model by far, and not better than saying no."""
    verdict = compared(0.75, 0.5, [0.7], budgets=[0.25]).verdict()
    assert verdict.row.savings[0].low > 0
    assert verdict.baseline.method == "always no"
    assert "a gain over the model, and not one over the best baseline" in str(verdict)
    said = summarise(appraised(0.75, 0.5, [0.7], budgets=[0.25])).verdict
    assert "a gain over the model, and not shown to be one over the best baseline" in said
    assert "always answering no" in said


def test_a_bad_model_that_defers_well_is_better_than_both():
    verdict = compared(0.75, 0.6, [0.9]).verdict()
    assert verdict.action == "defer"
    assert str(verdict).startswith("The model is worse than always")
    assert "better than the best baseline too" in str(verdict)


@pytest.mark.parametrize("majority", [0.75, 0.95])
def test_nobody_who_is_below_the_commonest_answer_is_recommended(majority):
    found = compared(majority, 0.4, [0.6, 0.55], knows=False)
    verdict = found.verdict()
    assert verdict.action == "keep"
    assert verdict.within_budget is None
    assert sentences(str(verdict))[0].startswith("The model is worse than always answering no")
    assert "is none over the best baseline, always answering no" in str(verdict)
    summary = summarise(appraised(majority, 0.4, [0.6, 0.55], knows=False))
    assert summary.action == "keep"
    assert "none over always answering no; mend the model first" in summary.verdict


def test_experts_who_are_better_than_everything_are_asked():
    verdict = compared(0.75, 0.6, [0.99], knows=False).verdict()
    assert (verdict.action, verdict.row.method) == ("ask", "expert 1 alone")
    assert "best baseline" not in str(verdict)  # it is that


def test_the_answer_is_chosen_where_the_fit_was_and_judged_here():
    y_fit = np.array(["yes"] * 3 + ["no"])
    found = compared(0.75, 0.8, [0.9], y_fit=y_fit)
    (row,) = (r for r in found.rows if r.answer is not None)
    assert row.method == "always yes"
    assert row.accuracy < 0.3
    with pytest.raises(cede.InvalidInput, match="y_fit must hold labels of the same kind as y"):
        compared(0.75, 0.8, [0.9], y_fit=np.array([1, 1, 0]))
    with pytest.raises(cede.InvalidInput, match="y_fit must hold a label"):
        compared(0.75, 0.8, [0.9], y_fit=np.array([]))
    with pytest.raises(cede.InvalidInput, match="one label per case"):
        compared(0.75, 0.8, [0.9], y_fit=np.array([["no"]]))


def test_the_row_is_in_every_export():
    found = compared(0.75, 0.8, [0.9])
    assert "| always no |" in found.to_markdown()
    assert "always no &" in found.to_latex()
    lines = list(csv.DictReader(io.StringIO(found.to_csv())))
    assert "always no" in [line["method"] for line in lines]
    read = cede.evaluation.Comparison.from_dict(json.loads(json.dumps(found.to_dict())))
    assert [r.answer for r in read.rows if r.answer] == ["no"]
    assert str(read.verdict()) == str(found.verdict())


def test_a_study_names_the_answer_as_the_table_does(tmp_path):
    import pandas as pd

    draw = np.random.default_rng(0)
    x = draw.normal(size=1_000)
    table = pd.DataFrame({"x": x, "label": np.where(x + draw.normal(size=1_000) > 1, "ja", "nein")})
    table["ann"] = table["label"].where(draw.random(1_000) < 0.9, "ja")
    study = cede.compare_table(table, "label", {"ann": "ann"}, methods=["one_vs_all"], n_boot=100)
    (row,) = (r for r in study.comparison.rows if r.answer is not None)
    assert row.method == "always nein"
    test = table["label"].to_numpy()[study.parts.test]
    assert row.accuracy == pytest.approx(np.mean(test == "nein"))


def test_labels_that_are_all_equal_have_no_commonest():
    X = np.arange(50)[:, None]
    router = Deferring(np.ones(50, dtype=int), np.zeros((50, 1)))
    found = cede.compare({"r": router}, X, np.ones(50), costs=np.zeros((50, 1)), model=router,
                         n_boot=20)  # fmt: skip
    assert all(row.answer is None for row in found.rows)


def test_a_method_better_than_every_agent_is_preferred_to_them_whatever_the_commonest_answer():
    """Not shown to be better than saying no, but than all agents; the dearer is not asked."""
    found = compared(0.8, 0.55, [0.73], seed=3, budgets=[1.0])
    verdict = found.verdict()
    row = next(r for r in found.rows if r.is_method)
    assert all(saving.low > 0 for saving in row.savings[:2])
    assert (verdict.action, verdict.row) == ("defer", row)
    blind = compared(0.8, 0.55, [0.73], seed=3, knows=False, budgets=[0.0]).verdict()
    assert blind.action == "keep"  # the expert is better than the model, and below saying no
    assert "is none over the best baseline, always answering no" in str(blind)
