import numpy as np
import pytest
from compared import Fixed, X, experts, row, situation, y

import cede


def test_cases_in_which_any_agent_s_cost_is_missing_are_left_out():
    rng = np.random.default_rng(0)
    X, table = rng.normal(size=(100, 2)), rng.random((100, 2))
    router = cede.TwoStageRouter().fit(rng.normal(size=(100, 2)), table)
    table[:3, 0], table[5, 1] = np.nan, np.nan
    found = cede.compare({"router": router}, X, table, n_boot=20)
    assert (found.n_cases, found.n_left_out) == (96, 4)


def test_do_not_defer_where_experts_are_worse():
    found = situation(0.95, [0.4, 0.5]).verdict()
    assert (found.action, found.row.method, found.within_budget) == ("keep", "model alone", None)
    assert str(found).startswith("Do not defer: everything else is worse than the model alone, ")
    assert found.saving == (0.0, 0.0, 0.0)
    shy = cede.compare({"mine": Fixed()}, X, y, experts, model=Fixed(), budgets=[0.0], fees=0.9)
    assert shy.verdict().sentence.endswith("No method sends a case away.")


def test_do_not_defer_where_fees_eat_the_gain():
    """The same cases: worth it for nothing, not worth it at a price."""
    free, dear = situation(0.75, [0.75]), situation(0.75, [0.75], fees=0.3)
    assert free.verdict().action == "defer"
    assert dear.verdict().action == "keep"
    assert "fees included" in dear.verdict().sentence
    gain = {r.budget: r.gain_low for r in dear.rows if r.method == "seeing"}
    assert min(gain.values()) > 0  # more accurate, and yet


def test_ask_the_cheap_one_where_nothing_is_shown_to_beat_it():
    found = situation(0.6, [0.9, 0.92], fees=[0.01, 0.3], expert_names=["cheap", "dear"])
    verdict = found.verdict()
    assert (verdict.action, verdict.row.method) == ("ask", "cheap alone")
    assert str(verdict).startswith("Ask cheap in every case, ")
    assert (verdict.within_budget.method, verdict.within_budget.budget) == ("seeing", 0.3)
    assert "Where cheap cannot answer every case, defer: seeing" in verdict.sentence
    assert verdict.row.savings[2].low > 0  # cheaper than the dear one, shown
    whole = situation(0.6, [0.9, 0.92], fees=[0.01, 0.3], budgets=[0.3, 1.0]).verdict()
    assert whole.within_budget.budget == 0.3  # a budget of one is every case again


def test_defer_where_a_method_beats_every_agent_alone():
    verdict = situation(0.78, [0.7]).verdict()
    assert (verdict.action, verdict.row.method) == ("defer", "seeing")
    assert all(saving.low > 0 for saving in verdict.row.savings)
    assert str(verdict).startswith("Defer: seeing at a budget of 30% sends ")
    # A method better than the model, with an expert of whom neither can be said.
    unsure = situation(0.75, [0.78], n=1_500, budgets=[0.1]).verdict()
    assert unsure.action == "defer"
    assert "not shown to be better than expert 1 alone" in unsure.sentence


def test_the_verdict_of_one_budget_looks_at_no_other():
    found = situation(0.78, [0.7])
    assert found.at(0.1).verdict().row.budget == 0.1
    assert found.verdict().row.budget == 0.3


def test_what_rows_save_is_at_cost_and_holds_together():
    found = situation(0.75, [0.75, 0.8], fees=[0.02, 0.1])
    model, one, two = (
        row(found.at(0.1), f"{who} alone") for who in ("model", "expert 1", "expert 2")
    )
    seeing = row(found.at(0.3), "seeing")
    for agent, other in enumerate((model, one, two)):
        saved = seeing.savings[agent]
        assert saved.value == pytest.approx(other.cost - seeing.cost)
        assert saved.low < saved.value < saved.high
        mirrored = other.savings[0]
        assert mirrored.value == pytest.approx(model.cost - other.cost)
    # Wider than each alone: the interval of the gain, without the fees, is of one difference.
    plain = row(situation(0.75, [0.75, 0.8]).at(0.3), "seeing")
    width = plain.savings[0].high - plain.savings[0].low
    assert 1.1 < width / (plain.gain_high - plain.gain_low) < 2.0
    assert seeing.cost_low < seeing.cost < seeing.cost_high


def test_a_verdict_needs_agents_and_resamples():
    with pytest.raises(cede.InvalidInput, match="model must be known for a verdict"):
        situation(0.75, [0.8], model=None).verdict()
    few = situation(0.75, [0.8], n_boot=50)
    with pytest.raises(
        cede.InvalidInput, match="n_boot must be at least 100 for a verdict, but got 50"
    ):
        few.verdict()
    assert "Defer" not in str(few)


def test_a_method_that_defers_nobody_is_not_a_winner():
    """Equal to the model case by case: no rounding may make it better."""
    found = cede.compare(
        {"mine": Fixed()}, X, y, experts, model=Fixed(), budgets=[0.0], fees=0.1, n_boot=200
    )
    mine = row(found, "mine")
    assert (mine.gain_low, mine.gain, mine.gain_high) == (0.0, 0.0, 0.0)
    assert mine.savings[0] == (0.0, 0.0, 0.0)
