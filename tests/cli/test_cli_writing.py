"""Where commands write: said before the work, kept unless told otherwise, in parts of any size."""

import errno
import json
import os

import numpy as np
import polars as pl
import pytest
from made_logs import FEATURES, WIDE, N

import cede as library
from cede.logs import _new
from cede.routers import EnsembleRouter

COMPARE = (
    "table.csv",
    "--label",
    "label",
    "--expert",
    "ann=ann",
    "--method",
    "threshold_correction",
)


@pytest.fixture
def fitted(cede, logs):
    cede("fit", "wide.parquet", *WIDE, *FEATURES, "--quiet")


@pytest.fixture
def reviews(tmp_path):
    rng = np.random.default_rng(0)
    label = rng.integers(0, 2, 240)
    pl.DataFrame(
        {
            "x": label + rng.normal(size=240),
            "label": label,
            "ann": np.where(rng.random(240) < 0.9, label, 1 - label),
        }
    ).write_csv(tmp_path / "table.csv")


def refused(cede, message, *arguments):
    done = cede(*arguments, "--json", code=2)
    assert message in json.loads(done.stdout)["error"]
    assert "\n" not in json.loads(done.stdout)["error"]
    assert "reading the" not in done.stderr  # before the work


def test_fit_keeps_an_earlier_router_beside_unless_told_to_replace_it(cede, fitted, tmp_path):
    before = {path.name: path.read_bytes() for path in (tmp_path / "router").iterdir()}
    again = ("fit", "wide.parquet", *WIDE, "--features", "e_1")
    for number in (1, 2):
        done = cede(*again)
        assert f"; what stood there is kept in 'router-{number}'." in done.words
    kept = {path.name: path.read_bytes() for path in (tmp_path / "router-1").iterdir()}
    assert kept == before
    assert len(library.load(tmp_path / "router-1").feature_names_in_) > 1
    assert list(library.load(tmp_path / "router").feature_names_in_) == ["e_1"]
    cede(*again, "--force", "--quiet")
    assert sorted(path.name for path in tmp_path.glob("router*")) == [
        "router",
        "router-1",
        "router-2",
    ]


def test_force_replaces_routers_only(cede, logs, tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "thesis.txt").write_text("precious")
    for out in ("thesis", "thesis/new/.."):
        refused(cede, "holds other files", "fit", "wide.parquet", *WIDE, "--out", out, "--force")
    assert (tmp_path / "thesis" / "thesis.txt").read_text() == "precious"


def test_dots_in_out_mean_what_they_mean(cede, logs, tmp_path):
    cede("fit", "wide.parquet", *WIDE, *FEATURES, "--quiet", "--out", "o/new/..")
    assert (tmp_path / "o" / "router.json").exists()
    cede("route", "o/new/..", "new.csv", "--out", "r/new/../r.csv", "--quiet")
    assert (tmp_path / "r" / "r.csv").exists()


def test_route_keeps_an_earlier_file_beside_unless_told_to_replace_it(cede, fitted, tmp_path):
    (tmp_path / "routes.csv").write_text("years of work")
    route = ("route", "router", "new.csv", "--out", "routes.csv")
    assert "routes.csv; what stood there is kept in 'routes-1.csv'" in cede(*route).stderr
    assert (tmp_path / "routes-1.csv").read_text() == "years of work"
    assert len(pl.read_csv(tmp_path / "routes.csv")) == N
    done = cede(*route, "--json", "--quiet")
    assert json.loads(done.stdout)["kept"] == ["routes-2.csv"]
    cede(*route, "--force", "--quiet")
    assert len(list(tmp_path.glob("routes*"))) == 3
    refused(cede, "is the table itself", "route", "router", "new.csv", "--out", "new.csv")


def test_what_is_no_page_of_ours_is_kept_beside(cede, fitted, reviews, tmp_path):
    for file in ("report.html", "c/comparison.json", "d/report.html"):
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text("mine")
    assert "kept in 'report-1.html'" in cede("report", "router", "fresh.parquet", *WIDE).stderr
    assert "kept in 'c/comparison-1.json'" in cede("compare", *COMPARE, "--out", "c").stderr
    for kept in ("report-1.html", "c/comparison-1.json"):
        assert (tmp_path / kept).read_text() == "mine"
    assert json.loads((tmp_path / "c" / "comparison.json").read_text())["report"]
    cede("compare", *COMPARE, "--out", "d", "--force", "--quiet")
    assert sorted(path.name for path in (tmp_path / "d").iterdir()) == [
        "comparison.json",
        "report.html",
    ]


def test_pages_of_ours_are_replaced_and_it_is_said(cede, fitted, reviews, tmp_path):
    for command in (
        ("compare", *COMPARE, "--out", "c"),
        ("report", "router", "fresh.parquet", *WIDE),
    ):
        assert "in place of" not in cede(*command).stderr
        assert "report.html, in place of the earlier one" in cede(*command).stderr


@pytest.mark.parametrize("out", ["file/x", "file/x/y"])
def test_a_place_below_a_file_is_refused_before_the_work(cede, fitted, reviews, tmp_path, out):
    (tmp_path / "file").write_text("mine")
    message = "is a file and no folder"
    refused(cede, message, "fit", "wide.parquet", *WIDE, "--out", out)
    refused(cede, message, "route", "router", "new.csv", "--out", f"{out}.csv")
    refused(cede, message, "report", "router", "fresh.parquet", *WIDE, "--out", f"{out}.html")
    refused(cede, message, "compare", *COMPARE, "--out", out)
    refused(cede, message, "demo", "--out", out)
    assert f"'{out}' cannot be made" in cede("compare", *COMPARE, "--out", out, code=2).stderr
    assert "is not a saved router" in cede("tune", "file", "new.csv", "--fee", "1", code=2).stderr


def test_a_name_that_is_too_long_is_refused_before_the_work(cede, fitted):
    refused(cede, "name too long", "route", "router", "wide.parquet", "--out", f"{'x' * 246}.csv")


def test_a_folder_without_permission_is_refused_before_the_work(cede, fitted, reviews, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: not mode & os.W_OK)
    message = "may not be written to"
    refused(cede, message, "fit", "wide.parquet", *WIDE, "--out", "new")
    refused(cede, message, "route", "router", "new.csv", "--out", "r.csv")
    refused(cede, message, "report", "router", "fresh.parquet", *WIDE)
    refused(cede, message, "compare", *COMPARE)
    refused(cede, message, "demo")
    refused(cede, message, "tune", "router", "new.csv", "--budget", "0.2")
    refused(cede, message, "certify", "router", "fresh.parquet", *WIDE, "--risk", "0.1", "--keep")


def test_a_pipe_or_a_folder_in_the_place_of_a_file_is_refused(cede, fitted, reviews, tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "c" / "report.html").mkdir(parents=True)
    route = ("route", "router", "new.csv", "--force", "--out")
    refused(cede, "is no regular file", *route, "pipe.csv")
    refused(cede, "is a folder", *route, "folder.csv")
    refused(cede, "is no regular file", "compare", *COMPARE, "--out", "c", "--force")


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_full_disk_leaves_what_stood_there(cede, fitted, tmp_path, monkeypatch, suffix):
    out = tmp_path / f"routes.{suffix}"
    out.write_text("of yesterday")

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    done = cede("route", "router", "new.csv", "--out", out, "--force", "--quiet", code=2)
    assert "cannot be written: No space left on device. What stood there is unchanged." in (
        done.stderr
    )
    assert out.read_text() == "of yesterday"
    assert not list(tmp_path.glob(".*.partial"))


def test_an_interrupted_report_leaves_the_old_page(cede, fitted, tmp_path, monkeypatch):
    (tmp_path / "report.html").write_text("of yesterday")

    def stop(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", stop)
    flags = ("--force", "--quiet")
    cede("report", "router", "fresh.parquet", *WIDE, *flags, code=130)
    assert (tmp_path / "report.html").read_text() == "of yesterday"


@pytest.mark.parametrize("flags", [(), ("--budget", "0.2")])
def test_parts_of_any_size_give_the_same_routes(cede, fitted, tmp_path, monkeypatch, flags):
    route = ("route", "router", "new.csv", "--case", "id", "--scores", *flags, "--json")
    whole = json.loads(cede(*route, "--out", "whole.csv").stdout)
    calls = []
    scores = EnsembleRouter.agent_scores

    def counted(router, X):
        calls.append(len(X))
        return scores(router, X)

    monkeypatch.setattr(EnsembleRouter, "agent_scores", counted)
    monkeypatch.setattr(_new, "_CELLS", 3 * 77)
    parts = json.loads(cede(*route, "--out", "parts.parquet").stdout)
    assert (max(calls), sum(calls)) == (77, N)  # each case once
    assert parts["shares"] == whole["shares"]
    assert parts["operating_point"] == whole["operating_point"]
    one, other = pl.read_csv(tmp_path / "whole.csv"), pl.read_parquet(tmp_path / "parts.parquet")
    assert one["agent"].to_list() == other["agent"].to_list()
    assert one["id"].to_list() == other["id"].to_list()
    columns = pl.col("^score.*$")
    np.testing.assert_allclose(one.select(columns), other.select(columns), rtol=1e-12)


def test_missing_features_are_counted_over_all_parts(cede, fitted, tmp_path, monkeypatch):
    monkeypatch.setattr(_new, "_CELLS", 3 * 77)
    holes = pl.when(pl.int_range(N) % 100 == 0).then(None).otherwise(pl.col("e_2"))
    table = pl.read_csv(tmp_path / "new.csv").with_columns(e_2=holes)
    table.write_parquet(tmp_path / "holes.parquet")
    done = cede("route", "router", "holes.parquet", "--out", "r.csv", code=2)
    assert "'e_2' has 6 missing values" in done.stderr
    assert not (tmp_path / "r.csv").exists()


def test_a_router_that_routes_by_more_than_scores_is_asked_itself(
    cede, logs, tmp_path, monkeypatch
):
    log = logs[0].sort("id")
    costs = np.column_stack([1.0 - log["small ok"], 1.0 - log["large ok"]])
    router = library.TwoStageRouter().fit(log.select("e_1", "e_2", "length"), costs)
    library.save(router, tmp_path / "mine")
    ask = library.TwoStageRouter.route

    def opposite(self, X, available=None):
        return 1 - ask(self, X, available)

    monkeypatch.setattr(library.TwoStageRouter, "route", opposite, raising=False)
    for flags in ((), ("--budget", "0.3")):
        cede("route", "mine", "new.csv", "--out", "r.csv", "--force", "--quiet", *flags)
        found = pl.read_csv(tmp_path / "r.csv")["agent"].to_list()
        loaded = library.load(tmp_path / "mine")
        frame = logs[1].select("e_1", "e_2", "length")
        if flags:
            loaded.tune(frame, budget=0.3)
        names = np.array(["model", "expert 1"])
        assert found == names[loaded.route(frame)].tolist()
