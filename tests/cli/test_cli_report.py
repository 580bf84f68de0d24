"""cede report, from a log to a page: what it prints is what the library says."""

import json
import sys

import numpy as np
import polars as pl
import pytest

import cede as library
from cede.cli import main
from cede.evaluation.appraisal import appraise
from cede.report import summarise

N = 400
FLAGS = ("--outcome", "small=small ok", "--outcome", "large=large ok", "--outcome", "odd=odd ok")
MONEY = (
    *("--cost", "small=small usd", "--cost", "large=large usd", "--cost", "odd=odd usd"),
    *("--exchange-rate", "2.0"),
)


def make(seed, n=N):
    """The small model is right where x is small, large one nearly always, the odd rarely."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    return pl.DataFrame(
        {
            "id": [f"q{i:04d}" for i in rng.permutation(n)],
            "x": x,
            "z": rng.normal(size=n),
            "user": rng.integers(0, n // 5, n),
            "small ok": x + 0.5 * rng.normal(size=n) < 0.3,
            "large ok": rng.random(n) < 0.9,
            "odd ok": rng.random(n) < 0.3,
            "small usd": np.full(n, 0.001),
            "large usd": np.full(n, 0.02),
            "odd usd": np.full(n, 0.01),
        }
    )


def costs_of(log, rate=0.0):
    names = ("small", "large", "odd")
    ok = log.select(f"{name} ok" for name in names).to_numpy().astype(float)
    money = log.select(f"{name} usd" for name in names).to_numpy()
    return pl.DataFrame(1 - ok + rate * money, schema=list(names), orient="row")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A router on outcomes, one on outcomes and money, and fresh logs."""
    place = tmp_path_factory.mktemp("cli")
    log, fresh = make(0), make(1)
    for name, rate in (("router", None), ("paid", 2.0)):
        router = library.TwoStageRouter().fit(log.select("x", "z"), costs_of(log, rate or 0.0))
        router.model_name_, router.exchange_rate_ = "small", rate
        library.save(router, place / name)
    log.write_csv(place / "log.csv")
    fresh.write_csv(place / "fresh.csv")
    pl.concat([fresh, log[:100]]).write_csv(place / "mixed.csv")
    return place


@pytest.fixture
def cede(monkeypatch, capfd, folder):
    """The command in this process, in the folder of the logs."""

    def run(*arguments, code=0):
        monkeypatch.chdir(folder)
        monkeypatch.setattr(sys, "argv", ["cede", "report", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            main()
        done = capfd.readouterr()
        assert (stopped.value.code or 0) == code, done
        return done

    return run


def flat(text):
    return " ".join(text.split())


def test_it_prints_what_the_library_says_and_writes_the_page(cede, folder):
    done = cede("router", "fresh.csv", *FLAGS, "--budget", 0.1, "--budget", 0.3,
                "--cases-per-year", 5000, "--out", "page.html")  # fmt: skip
    fresh = make(1)
    router = library.load(folder / "router")
    expected = summarise(
        appraise(
            {"router": router}, fresh.select("x", "z"), costs_of(fresh).to_numpy(),
            budgets=(0.1, 0.3), expert_names=["large", "odd"], model_name="small",
        ),
        5000,
    )  # fmt: skip
    assert flat(done.out) == flat(str(expected))
    assert "reviews a year" in done.out
    assert "odd (" in done.out
    html = (folder / "page.html").read_text("utf-8")
    for sentence in expected.sentences:
        words = [word for word in sentence.text.split() if not word.startswith(("%", "±"))]
        assert all(word in html for word in words)
    assert "fresh.csv, 400 cases." in html
    assert "TwoStageRouter, saved in" in html
    assert "fitted on 400 cases (fingerprint" in html
    assert "cede report router fresh.csv" in html
    assert "opens in any browser: page.html" in done.err


def test_json_holds_numbers_and_sentences(cede, folder):
    done = cede("paid", "fresh.csv", *FLAGS, *MONEY, "--group", "user", "--risk", 0.3, "--json",
                "--quiet", "--out", "sub/page.htm")  # fmt: skip
    content = json.loads(done.out)
    assert done.err == ""
    assert (folder / "sub/page.htm").exists()
    assert content["report"] == "sub/page.htm"
    assert content["measure"] == "right"
    assert content["comparison"]["in_costs"]
    assert not content["answers"]["in_costs"]
    assert content["comparison"]["n_independent"] < 100
    assert content["comparison"]["budgets"] == [0.1, 0.2, 0.3, 1.0]
    assert content["certificate"]["risk"] == 0.3
    assert content["action"] in ("defer", "ask", "keep")
    assert all(text.startswith("Send ") for text in content["sentences"])
    assert any("is spent per case" in note for note in content["notes"])
    assert content["warnings"] == []


def test_a_tuned_router_is_judged_at_its_own_point(cede, folder):
    router = library.load(folder / "router")
    fresh = make(1)
    point = router.tune(make(5).select("x", "z"), fee=[0.05, 0.2])
    library.save(router, folder / "tuned")
    content = json.loads(cede("tuned", "fresh.csv", *FLAGS, "--json", "--quiet").out)
    assert content["operating_point"]["prices"] == list(point.prices)
    routes = library.route(router.agent_scores(fresh.select("x", "z")), point)
    (row,) = (r for r in content["answers"]["rows"] if r["is_method"])
    table = costs_of(fresh).to_numpy()
    assert row["accuracy"] == pytest.approx(1 - table[np.arange(N), routes].mean())
    assert row["shares"] == pytest.approx([np.mean(routes == 1), np.mean(routes == 2)])
    # A budget asked for takes the place of the point.
    content = json.loads(
        cede("tuned", "fresh.csv", *FLAGS, "--budget", 0.2, "--json", "--quiet").out
    )
    assert content["operating_point"] is None
    assert content["comparison"]["budgets"] == [0.2]


def test_cases_of_the_fit_are_refused(cede):
    done = cede("router", "log.csv", *FLAGS, "--json", code=2)
    assert "A report needs cases that the router has not seen" in json.loads(done.out)["error"]
    assert "hold some out" in done.err
    done = cede("router", "mixed.csv", *FLAGS, "--quiet", code=2)
    assert "but 20% of these were among the 400 it was fitted on" in flat(done.err)


def test_a_point_chosen_by_these_very_outcomes_is_told(cede, folder):
    router = library.load(folder / "router")
    fresh = make(1)
    router.tune(fresh.select("x", "z"), costs_of(fresh), target=0.8)
    library.save(router, folder / "aimed")
    assert "chosen by the outcomes of these very cases" in flat(
        cede("aimed", "fresh.csv", *FLAGS, "--quiet").out
    )
    fresh = make(2)
    fresh.write_csv(folder / "other.csv")
    assert "very cases" not in flat(cede("aimed", "other.csv", *FLAGS, "--quiet").out)


def test_complete_cases_are_judged_and_the_others_counted(cede, folder):
    fresh = make(1)
    holes = fresh.with_columns(
        pl.when(pl.int_range(N) < 150).then(None).otherwise(pl.col("odd ok")).alias("odd ok"),
        *[pl.lit(1.0).alias(f"p {name}") for name in ("small", "large")],
        pl.lit(0.625).alias("p odd"),
    )
    holes.write_csv(folder / "holes.csv")
    chances = [w for n in ("small", "large", "odd") for w in ("--propensity", f"{n}=p {n}")]
    done = cede("router", "holes.csv", *FLAGS, *chances, "--json", "--quiet")
    content = json.loads(done.out)
    assert (content["comparison"]["n_cases"], content["comparison"]["n_left_out"]) == (250, 150)
    assert "propensities are not used" in content["warnings"][0]
    html = (folder / "report.html").read_text("utf-8")
    assert "150 more were left out" in html
    none = fresh.with_columns(pl.lit(None).cast(pl.Boolean).alias("odd ok"))
    none.with_columns(pl.when(pl.int_range(N) < 3).then(True).alias("odd ok")).write_csv(
        folder / "none.csv"
    )
    done = cede("router", "none.csv", *FLAGS, code=2)
    assert (
        "cases must hold at least 10 in which the answer of every agent is known, but got 3 of 400"
        in done.err
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("nowhere", "fresh.csv", *FLAGS), "'nowhere' is not a saved router"),
        (("router", "nowhere.csv", *FLAGS), "There is no file 'nowhere.csv'"),
        (("router", "fresh.csv", *FLAGS, "--out", "page.pdf"), "let it end in .html"),
        (("router", "fresh.csv", *FLAGS, "--budget", 1.5), "budget"),
        (("router", "fresh.csv", *FLAGS, "--cases-per-year", 0), "how many cases a year bring"),
        (("router", "fresh.csv", *FLAGS, "--risk", 1.5), "risk"),
        (("router", "fresh.csv", *FLAGS[:4]), "'odd'"),
        (("router", "fresh.csv", *FLAGS, "--group", "nobody"), "nobody"),
        (
            ("router", "fresh.csv", *FLAGS, "--model", "large"),
            "model must be 'small', with which the router was fitted",
        ),
    ],
)
def test_bad_input_gets_one_sentence(cede, folder, arguments, sentence):
    done = cede(*arguments, "--quiet", code=2)
    assert done.err.startswith("cede: ")
    assert sentence in done.err
    assert "Traceback" not in done.err
    assert done.out == ""


def test_a_page_does_not_replace_a_folder_or_the_log(cede, folder):
    (folder / "there.html").mkdir()
    assert "is no page" in cede("router", "fresh.csv", *FLAGS, "--out", "there.html", code=2).err
