"""Long and wide logs become the same arrays; each thing wrong with one gets a sentence."""

import datetime

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from pyarrow import csv, parquet

import cede
from cede.evaluation.off_policy import off_policy_cost
from cede.logs import read_long, read_wide

nan = np.nan

LONG = {
    "case": ["q2", "q1", "q3", "q3", "q1"],
    "agent": ["nurse", "bot", "nurse", "bot", "doctor"],
    "right": [1.0, 0.5, None, 0.0, 1.0],
    "price": [0.2, 0.0, 0.2, 0.0, 1.0],
    "chance": [0.25, 1.0, None, 1.0, 0.5],
    "age": [40, 30, 50, 50, 30],
    "ward": ["a", "b", None, None, "b"],
}
ROLES = {"case": "case", "agent": "agent", "outcome": "right", "propensity": "chance"}
MONEY = {"cost": "price", "exchange_rate": 0.1}
#: Rows q1, q2, q3; columns bot, doctor, nurse.
COSTS = [[0.5, 0.1, nan], [nan, nan, 0.02], [1.0, nan, nan]]
CHANCES = [[1.0, 0.5, nan], [nan, nan, 0.25], [1.0, nan, nan]]

WIDE = {
    "case": ["q1", "q2", "q3"],
    "bot": [0.5, None, 0.0],
    "doctor": [1.0, None, None],
    "nurse": [None, 1.0, None],
    "bot price": [0.0, None, 0.0],
    "doctor price": [1.0, None, None],
    "nurse price": [None, 0.2, 0.2],
    "bot p": [1.0, 0.0, 1.0],
    "doctor p": [0.5, 0.0, None],
    "nurse p": [None, 0.25, 7.0],
    "age": [30, 40, 50],
    "ward": ["b", "a", None],
}
AGENTS = ("bot", "doctor", "nurse")
WIDE_ROLES = {
    "case": "case",
    "outcome": {name: name for name in AGENTS},
    "cost": {name: f"{name} price" for name in AGENTS},
    "propensity": {name: f"{name} p" for name in AGENTS},
    "exchange_rate": 0.1,
}
KINDS = {"pandas": pd.DataFrame, "polars": pl.DataFrame, "pyarrow": pa.table}


def long(**changes):
    """Read the long table with some columns or arguments changed."""
    columns = {name: changes.pop(name) for name in list(changes) if name in LONG}
    arguments = {**ROLES, **MONEY, "model": "bot", **changes}
    return read_long(pa.table({**LONG, **columns}), **arguments)


def wide(**changes):
    columns = {name: changes.pop(name) for name in list(changes) if name in WIDE}
    return read_wide(pa.table({**WIDE, **columns}), **{**WIDE_ROLES, "model": "bot", **changes})


def assert_same(one, two):
    assert one.agent_names == two.agent_names
    assert one.ids.tolist() == two.ids.tolist()
    assert one.feature_names == two.feature_names
    for name in ("agent_costs", "propensities", "outcomes", "money"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
    for name in one.features:
        assert one.features[name].dtype == two.features[name].dtype
        np.testing.assert_array_equal(one.features[name], two.features[name])


@pytest.mark.parametrize("kind", KINDS)
def test_every_dataframe_is_read_alike_long_and_wide(kind):
    features = ["age", "ward"]
    one = read_long(KINDS[kind](LONG), **ROLES, **MONEY, model="bot", features=features)
    two = read_wide(KINDS[kind](WIDE), **WIDE_ROLES, model="bot", features=features)
    for log in (one, two):
        assert log.agent_names == AGENTS
        assert log.ids.tolist() == ["q1", "q2", "q3"]
        np.testing.assert_allclose(log.agent_costs, COSTS, atol=1e-15)
        np.testing.assert_array_equal(log.propensities, CHANCES)
        np.testing.assert_array_equal(log.features["age"], [30.0, 40.0, 50.0])
        assert log.features["ward"].tolist() == ["b", "a", None]
    # Money of a call that nobody graded is still known.
    np.testing.assert_array_equal(one.money, [[0.0, 1.0, nan], [nan, nan, 0.2], [0.0, nan, 0.2]])
    np.testing.assert_array_equal(one.outcomes, [[0.5, 1, nan], [nan, nan, 1], [0, nan, nan]])
    assert_same(one, two)


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_rows_changes_nothing(seed):
    rows = np.random.default_rng(seed).permutation(5)
    table = pd.DataFrame(LONG)
    options = {**ROLES, **MONEY, "model": "nurse", "features": ["age", "ward"]}
    assert_same(read_long(table.iloc[rows], **options), read_long(table, **options))
    wide_rows = rows[rows < 3]
    there = read_wide(pd.DataFrame(WIDE).iloc[wide_rows], **WIDE_ROLES, model="bot")
    assert_same(there, read_wide(pd.DataFrame(WIDE), **WIDE_ROLES, model="bot"))


def test_a_large_log_is_what_a_loop_over_its_rows_makes_of_it():
    rng = np.random.default_rng(0)
    cells = rng.choice(500 * 7, size=900, replace=False)
    case, agent = cells // 7, cells % 7
    table = pl.DataFrame(
        {"c": case * 10, "a": agent, "q": rng.random(900), "p": rng.uniform(0.1, 1, 900)}
    )
    order = [4, 0, 1, 2, 3, 5, 6]
    log = read_long(table, case="c", agent="a", outcome="q", propensity="p", model="4")
    there = {name: place for place, name in enumerate(sorted(set(case.tolist())))}
    costs, chances = np.full((2, len(there), 7), nan)
    for c, a, q, p in zip(case, agent, table["q"], table["p"], strict=True):
        costs[there[c], order.index(a)] = 1.0 - q
        chances[there[c], order.index(a)] = p
    assert log.agent_names == tuple(map(str, order))
    assert log.ids.tolist() == [str(10 * name) for name in there]
    np.testing.assert_array_equal(log.agent_costs, costs)
    np.testing.assert_array_equal(log.propensities, chances)
    assert log.money is None
    assert log.X.shape == (len(there), 0)


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_files_are_read(suffix, tmp_path):
    path = tmp_path / f"log{suffix}"
    {".csv": csv.write_csv, ".parquet": parquet.write_table}[suffix](pa.table(LONG), path)
    assert_same(read_long(path, **ROLES, **MONEY, model="bot"), long())


def test_a_bandit_log_has_one_row_per_case_and_is_judged_by_its_propensities():
    rng = np.random.default_rng(1)
    called = rng.random(4_000) < 0.2
    right = rng.random(4_000) < np.where(called, 0.9, 0.6)
    table = pd.DataFrame(
        {
            "llm": np.where(called, "large", "small"),
            "ok": right,
            "p": np.where(called, 0.2, 0.8),
            "length": rng.normal(size=4_000),
        }
    )
    log = read_long(
        table, case=None, agent="llm", outcome="ok", propensity="p", model="small",
        features=["length"],
    )  # fmt: skip
    assert log.agent_names == ("small", "large")
    assert log.ids.tolist() == list(range(4_000))
    np.testing.assert_array_equal(log.X, table[["length"]])
    np.testing.assert_array_equal(np.isnan(log.agent_costs), np.c_[called, ~called])
    found = off_policy_cost(np.ones(4_000, int), log.agent_costs, log.propensities)
    assert found.n_matched == called.sum()
    assert found.low < 0.1 < found.high


def test_agents_come_in_the_order_asked_for_and_may_have_no_row():
    log = long(agents=["nurse", "visitor", "doctor", "bot"])
    assert log.agent_names == ("bot", "nurse", "visitor", "doctor")
    np.testing.assert_allclose(log.agent_costs[:, [0, 3, 1]], COSTS, atol=1e-15)
    assert np.isnan(log.agent_costs[:, 2]).all()
    assert long(model="nurse").agent_names == ("nurse", "bot", "doctor")
    assert wide(model="nurse").agent_names == ("nurse", "bot", "doctor")
    np.testing.assert_array_equal(
        wide(model="nurse").agent_costs, wide(model="bot").agent_costs[:, [2, 0, 1]]
    )


def test_truths_and_whole_numbers_are_outcomes():
    for values in ([True, True, None, False, True], [1, 1, None, 0, 1]):
        log = long(right=values, cost=None, exchange_rate=None)
        np.testing.assert_array_equal(log.agent_costs, [[0, 0, nan], [nan, nan, 0], [1, nan, nan]])


def test_costs_without_money_are_not_known():
    log = long(price=[0.2, 0.0, 0.2, 0.0, None])
    np.testing.assert_array_equal(np.isnan(log.agent_costs[0]), [False, True, True])
    np.testing.assert_array_equal(np.isnan(log.propensities[0]), [False, True, True])
    assert log.outcomes[0, 1] == 1.0


def test_features_are_one_matrix_if_they_are_numbers():
    log = long(features=["age"], age=[None, 30, 50, 50, 30])
    np.testing.assert_array_equal(log.X, [[30.0], [nan], [50.0]])
    assert log.feature_names == ("age",)
    with pytest.raises(cede.InvalidInput, match="'ward' holds texts"):
        _ = long(features=["age", "ward"]).X


def test_a_log_prints_in_one_line():
    assert repr(long(features=["age"])) == (
        "Cases(3 cases, 3 agents, model 'bot', 4 of 9 costs known, 1 feature, "
        "propensities 0.25 to 1)"
    )


def test_numbers_and_days_name_cases():
    days = [datetime.date(2026, 1, day) for day in (2, 1, 3, 3, 1)]
    for values in ([20, 10, 30, 30, 10], [2.0, 1.0, 30.0, 30.0, 1.0], days):
        log = long(case=values)
        assert log.ids.tolist() == [str(value).removesuffix(".0") for value in sorted(set(values))]
        np.testing.assert_allclose(log.agent_costs, COSTS, atol=1e-15)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"outcome": "rigth"},
            "outcome must name one of the columns, but there is no 'rigth'. Did you mean 'right'",
        ),
        (
            {"features": ["agee"]},
            "features must name one of the columns, but there is no 'agee'. Did you mean 'age'",
        ),
        ({"features": ["age", "chance"]}, "features cannot have 'chance' among them"),
        ({"features": ["case"]}, "features cannot have 'case' among them"),
        (
            {"model": "bott"},
            "model must name one of the agents, but there is no 'bott'. Did you mean 'bot'. "
            "Known: bot, doctor, nurse",
        ),
        (
            {"agents": ["doctor", "nurse"]},
            "model must name one of the agents, but there is no 'bot'",
        ),
        (
            {"agents": ["bot", "nurse"]},
            "agents must be all .* 'doctor' has rows and is none of bot, nurse",
        ),
        (
            {"agents": ["bot", "nurse", "doctor", "nurse"]},
            "agents must name each agent once, but got bot, nurse",
        ),
        ({"case": ["q2", "q3", "q3", "q3", "q1"]}, "1 rows .* 'q3' and agent 'bot'; keep one"),
        (
            {"agent": ["bot"] * 5, "case": ["q2", "q1", "q2", "q1", "q3"]},
            "2 rows .* the first being case 'q1' and agent 'bot'",
        ),
        ({"case": ["q2", None, "q3", "q3", None]}, "'case' has 2 missing values"),
        ({"agent": ["nurse", "bot", "nurse", "bot", None]}, "'agent' has 1 missing values"),
        ({"features": ["age"], "age": [1, 2, 3, 4, 5]}, "'age' varies within 2 cases.* case 'q1'"),
        ({"features": ["age"], "age": [1, 2, 3, None, 2]}, "'age' varies .* 1 cases.* case 'q3'"),
        ({"features": ["ward"], "ward": list("abccd")}, "'ward' varies .* 1 cases.* case 'q1'"),
        ({"right": [1, 1, None, None, 1]}, r"1 of 3 cases .* outcome and cost .* case 'q3'"),
        (
            {"right": [None, 1, None, 1, 1], "cost": None, "exchange_rate": None},
            "1 of 3 cases have no agent whose outcome is known, the first being case 'q2'",
        ),
        ({"right": [1, 2, 1, 1, 1]}, "outcome must be between 0 and 1, .* the first being 2"),
        ({"right": ["1", "no", None, "1", "1"]}, "Values of column 'right' .* hold 'no'; mend"),
        ({"right": [1, 1, np.inf, 1, 1]}, "Values of column 'right' must be finite"),
        ({"price": [1, 1, -1, 1, 1]}, "cost cannot be negative"),
        ({"exchange_rate": -1}, "exchange_rate must be finite and not negative"),
        ({"exchange_rate": None}, "cost must come with the exchange rate"),
        ({"cost": None}, "cost must come with the exchange rate"),
        (
            {"chance": [0.5, 1.5, 0.5, 1, 0]},
            r"propensity must be in \(0, 1\].* got 1.5 for case 'q1' and agent 'bot' \(2 of 4",
        ),
        ({"chance": [0, 1, 0.5, 1, 1]}, r"got 0 for case 'q2' and agent 'nurse' \(1 of 4"),
        ({"chance": [0.5, 1, 0.5, None, 1]}, "got none for case 'q3' and agent 'bot'"),
    ],
)
def test_bad_long_logs_get_a_sentence(changes, message):
    with pytest.raises(cede.InvalidInput, match=message):
        long(**changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"model": "bott"},
            "model must name one of the agents, but there is no 'bott'. Did you mean 'bot'",
        ),
        (
            {"outcome": {"bot": "bot", "nurse": "nurze"}, "cost": None},
            "propensity names a column for agent 'doctor'",
        ),
        ({"propensity": {"bot": "bot p"}}, "propensity names no column for agent 'doctor'"),
        ({"cost": {**WIDE_ROLES["cost"], "cook": "age"}}, "cost names a column for agent 'cook'"),
        (
            {"propensity": {**WIDE_ROLES["propensity"], "bot": "bot q"}},
            "propensity must name one of the columns, but there is no 'bot q'",
        ),
        (
            {"outcome": dict.fromkeys(AGENTS, "bot")},
            "outcome must be a column of its own for each agent, but two have 'bot'",
        ),
        ({"features": ["nurse p"]}, "features cannot have 'nurse p' among them"),
        (
            {"case": ["q2", "q1", "q2"]},
            "1 cases have several, the first being case 'q2'.*agents, too",
        ),
        ({"case": [1, None, 2]}, "'case' has 1 missing values"),
        ({"bot": [0.5, None, None]}, "1 of 3 cases have no agent .* case 'q3'"),
        ({"nurse p": [1.0, 1.25, 1.0]}, "1.25 for case 'q2' and agent 'nurse'"),
        ({"exchange_rate": None}, "exchange rate"),
    ],
)
def test_bad_wide_logs_get_a_sentence(changes, message):
    with pytest.raises(cede.InvalidInput, match=message):
        wide(**changes)


def test_a_number_and_its_text_name_one_case():
    for values in (["2", 1, 10, 10.0, "1"], ["2", "1", "10", "10", "1"]):
        log = read_long(pd.DataFrame({**LONG, "case": values}), **ROLES, **MONEY, model="bot")
        assert log.ids.tolist() == ["1", "2", "10"]
        np.testing.assert_allclose(log.agent_costs, COSTS, atol=1e-15)


def test_ids_that_are_records_are_refused():
    structs = pl.DataFrame({**LONG, "case": [{"id": i} for i in (2, 1, 3, 3, 1)]})
    with pytest.raises(
        cede.InvalidInput, match="Column 'case' holds lists or records in its cells"
    ):
        read_long(structs, **ROLES, **MONEY, model="bot")


def test_no_rows_and_no_table_get_a_sentence():
    with pytest.raises(cede.InvalidInput, match="The table has a header but no rows"):
        read_long(pd.DataFrame(LONG).iloc[:0], **ROLES, **MONEY, model="bot")
    with pytest.raises(cede.InvalidInput, match=r"dataframe .* is wanted, not list"):
        read_long([1, 2], **ROLES, model="bot")
