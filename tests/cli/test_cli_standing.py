"""Where to stand, on the command line: what tune and certify print is what the library says."""

import json

import numpy as np
import polars as pl
import pytest
from made_logs import FEATURES, WIDE, make

import cede as library
from cede.tuning import certify_scores

OUTCOMES = WIDE[2:]


@pytest.fixture
def fitted(cede, logs, tmp_path):
    """A router in its folder, and a fresh log with sites."""
    cede("fit", "wide.parquet", *WIDE, *FEATURES, "--quiet")
    sites = pl.when(pl.col("e_2") > 0).then(pl.lit("north")).otherwise(pl.lit("south"))
    pl.read_parquet(tmp_path / "fresh.parquet").with_columns(site=sites).write_parquet(
        tmp_path / "fresh.parquet"
    )
    return tmp_path


def routed(folder):
    """Router as saved, its point, and the routes of the fresh cases in their order."""
    router = library.load(folder / "router")
    fresh = pl.read_parquet(folder / "fresh.parquet")
    X = fresh.select(router.feature_names_in_)
    return router, router.operating_point_, router.route(X)


@pytest.mark.parametrize(
    ("flags", "chosen_by", "value"),
    [
        (("--budget", "0.1"), "budget", 0.1),
        (("--budget", "large=0.1"), "budget", [0.1]),
        (("--fee", "0.05"), "fee", 0.05),
        (("--spend", "0.3", "--charge", "large=2"), "spend", 0.3),
        (("--capacity", "large=50", "--expected-cases", "300"), "capacity", [50.0]),
        (("--target", "0.5"), "target", 0.5),
    ],
)
def test_tune_keeps_the_point_that_the_library_chooses(cede, fitted, flags, chosen_by, value):
    done = cede("tune", "router", "fresh.parquet", *OUTCOMES, *flags, "--json", "--quiet")
    told = json.loads(done.stdout)["operating_point"]
    _, point, routes = routed(fitted)
    assert (point.chosen_by, told["chosen_by"], told["value"]) == (chosen_by, chosen_by, value)
    assert json.loads(json.dumps(point.to_dict())) == told
    assert np.mean(routes > 0) == told["deferral_rate"]
    assert point.expected.n_judged == 600
    share = np.mean(routes == 1)
    assert {
        "budget": share <= 0.1,
        "fee": 0 < share < 1,
        "spend": 2 * share <= 0.3,
        "capacity": share * 300 <= 50,
        "target": point.expected.accuracy.value >= 0.5,
    }[chosen_by]


def test_tune_needs_no_outcomes_and_says_what_to_expect(cede, fitted):
    done = cede("tune", "router", "new.csv", "--budget", "0.2")
    assert "price" in done.words
    assert "for a budget of 20 %; chosen on 600 cases, of which 20.0 %" in done.words
    assert "Of the next 1,000 cases, " in done.words
    assert "instead of" not in done.words
    assert "Kept in 'router'" in done.stderr
    done = cede("tune", "router", "fresh.parquet", *OUTCOMES, "--budget", "0.2", "--quiet")
    point = routed(fitted)[1]
    accuracy, alone = point.expected.accuracy, point.expected.model_accuracy
    assert (
        f"Expected: {accuracy.value:.3f} [{accuracy.low:.3f} to {accuracy.high:.3f}]" in done.words
    )
    assert f"instead of {alone.value:.3f} " in done.words
    assert done.stderr == ""


@pytest.mark.parametrize("outcomes", [OUTCOMES, ()], ids=["outcomes", "features alone"])
def test_tune_by_group_expects_as_much_as_groups_tell(cede, fitted, outcomes):
    fresh = pl.read_parquet(fitted / "fresh.parquet").head(120).with_columns(who=pl.col("id"))
    pl.concat([fresh] * 5).write_parquet(fitted / "five.parquet")
    flags = ("router", "five.parquet", *outcomes, "--budget", "0.3", "--quiet")
    alone = json.loads(cede("tune", *flags, "--json").stdout)["operating_point"]
    done = json.loads(cede("tune", *flags, "--group", "who", "--json").stdout)
    point = done["operating_point"]
    assert alone["design_effect"] == 1.0
    assert point["design_effect"] == pytest.approx(5, abs=0.2)
    low, high = point["expected"]["deferral_rate"][1:]
    assert high - low > 2 * np.diff(alone["expected"]["deferral_rate"][1:])[0]
    assert routed(fitted)[1].rate_among(100).half_width > 0.1
    words = cede("tune", *flags, "--group", "who").words
    assert "if they are like these, in groups as large." in words
    pl.concat([fresh.with_columns(who=None)] * 2).write_parquet(fitted / "five.parquet")
    done = cede("tune", *flags, "--group", "who", code=2)
    assert "has 240 missing values" in done.words + done.stderr


def test_evaluate_tunes_by_group(cede, fitted):
    fresh = pl.read_parquet(fitted / "fresh.parquet").head(120).with_columns(who=pl.col("id"))
    pl.concat([fresh] * 5).write_parquet(fitted / "five.parquet")
    flags = ("evaluate", "router", "five.parquet", *WIDE[2:], "--budget", "0.3", "--json")
    alone = json.loads(cede(*flags, "--quiet").stdout)["operating_point"]
    told = json.loads(cede(*flags, "--group", "who", "--quiet").stdout)["operating_point"]
    assert told["design_effect"] > 4.5 > alone["design_effect"] == 1.0


def test_fit_by_group_is_the_librarys(cede, logs, tmp_path):
    log = pl.read_parquet(tmp_path / "wide.parquet").head(80).with_columns(who=pl.col("id"))
    rng = np.random.default_rng(0)
    many = pl.concat([log] * 5).with_columns(e_1=pl.col("e_1") + rng.normal(0, 0.01, 400))
    many.write_parquet(tmp_path / "five.parquet")
    flags = ("five.parquet", *WIDE, *FEATURES, "--router", "cost_regression", "--quiet")
    cede("fit", *flags, "--group", "who", "--out", "grouped")
    router = library.load(tmp_path / "grouped")
    X = many.select("e_1", "e_2", "length")
    costs = np.column_stack(
        [1 - many[f"{n} ok"].to_numpy() + 2.0 * many[f"{n} usd"].to_numpy() for n in router_names]
    )
    mine = library.TwoStageRouter().fit(X, costs, groups=many["who"].to_numpy())
    np.testing.assert_allclose(router.agent_scores(X), mine.agent_scores(X), atol=1e-9)
    alone = library.TwoStageRouter().fit(X, costs)
    assert np.abs(alone.agent_scores(X) - mine.agent_scores(X)).max() > 1e-4


router_names = ("small", "large")


def test_a_target_out_of_reach_is_said_to_be(cede, fitted):
    done = cede("tune", "router", "fresh.parquet", *OUTCOMES, "--target", "0.99", "--quiet")
    assert "which no point reaches: this is the nearest" in done.words
    assert "Beware: No operating point has an accuracy of 0.99 on these 600 cases" in done.words


def test_certify_promises_what_the_library_promises(cede, fitted):
    flags = (*OUTCOMES[:4], "--risk", "0.35", "--largest-cost", "1")
    done = cede("certify", "router", "fresh.parquet", *flags, "--keep", "--json", "--quiet")
    told = json.loads(done.stdout)
    router, point, routes = routed(fitted)
    assert (point.chosen_by, point.value, point.delta) == ("risk", 0.35, 0.1)
    assert (told["certified"], told["sentence"][:8]) == (True, "At price")
    fresh = pl.read_parquet(fitted / "fresh.parquet").sort("id")
    costs = 1.0 - fresh.select("small ok", "large ok").to_numpy().astype(float)
    scores = router.agent_scores(fresh.select(router.feature_names_in_))
    # Without a case column, the command sees the rows as they stand; scouts are drawn by row.
    assert told["n_tested"] == certify_scores(scores, costs, risk=0.35).n_tested == 480
    wrong = np.where(
        routes == 1, ~fresh_column("large ok", fitted), ~fresh_column("small ok", fitted)
    )
    assert wrong.mean() < 0.37


def fresh_column(name, folder):
    return pl.read_parquet(folder / "fresh.parquet")[name].to_numpy()


def test_certify_says_what_is_missing_and_exits_with_1(cede, fitted):
    flags = ("fresh.parquet", *OUTCOMES[:4])
    done = cede("certify", "router", *flags, "--risk", "0.05", "--quiet", code=1)
    assert "No operating point is certified for 5 %" in done.words
    done = cede("certify", "router", *flags, "--risk", "0.4", "--subgroup", "site", "--quiet")
    assert "in each of 2 subgroups" in done.words
    assert "north" in done.stdout
    assert "at most [90 %]" in done.words


def test_what_cannot_be_chosen_or_promised_is_one_sentence(cede, fitted):
    make(5, n=30).write_parquet(fitted / "few.parquet")
    for arguments, message in (
        (("tune", "new.csv"), "chosen for: one of --budget, --fee, --spend, --capacity, --target."),
        (("tune", "new.csv", "--target", "0.9"), "--target is about how the agents answered"),
        (
            ("tune", "new.csv", "--budget", "0.1", "--fee", "huge=1"),
            "--fee must name one of the experts, but there is no 'huge'",
        ),
        (("tune", "new.csv", "--budget", "a tenth"), "--budget must be written NUMBER, or NAME="),
        (("tune", "new.csv", "--budget", "0.1", "--budget", "0.2"), "--budget must be one NUMBER"),
        (("tune", "new.csv", "--fee", "large=1", "--fee", "large=2"), "but got 'large' twice"),
        (("tune", "new.csv", "--budget", "20"), "write 0.2 for 20 %"),
        (
            ("tune", "new.csv", "--budget", "0.1", "--agent", "llm"),
            "name their columns by --outcome",
        ),
        (("tune", "new.csv", "--spend", "0.1"), "--charge must be known for a spend"),
        (("certify", "few.parquet", *OUTCOMES[:4], "--risk", "0.05"), "bring more cases"),
        (
            ("certify", "wide.parquet", *OUTCOMES[:4], "--risk", "0.3"),
            "it was fitted on; hold some",
        ),
        (("certify", "fresh.parquet", *OUTCOMES[:4], "--risk", "5"), "write 0.05 for 5 %"),
        (
            ("certify", "fresh.parquet", *OUTCOMES[:4], "--risk", "0.3", "--of", "all"),
            "--of must name one",
        ),
    ):
        command, table, *flags = arguments
        done = cede(command, "router", table, *flags, "--quiet", code=2)
        assert message in " ".join(done.stderr.split()), done.stderr


@pytest.mark.parametrize("command", ["tune", "certify"])
def test_help_names_the_flags(cede, command):
    text = cede(command, "--help").stdout
    shared = {"--outcome", "--cost", "--exchange-rate", "--agent", "--case", "--model", "--json"}
    own = {
        "tune": {"--budget", "--fee", "--spend", "--charge", "--capacity", "--target"},
        "certify": {"--risk", "--delta", "--of", "--subgroup", "--largest-cost", "--keep"},
    }
    for flag in shared | own[command]:
        assert flag in text
