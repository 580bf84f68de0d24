"""The commands read ids as they are written, and say what they took each column for."""

import csv
import json

import numpy as np
import pandas as pd
import pytest

N = 400
WIDE = ("--model", "small", "--outcome", "small=small", "--outcome", "large=large")
COMPARE = ("--label", "label", "--expert", "ann=ann", "--budget", 0.2, "--method", "one_vs_all")
FAST = (*COMPARE, "--model", "sklearn.linear_model:LogisticRegression", "--json")


def made(seed=0, n=N):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n).round(3)
    label = (x + rng.normal(size=n) > 0).astype(int)
    return pd.DataFrame(
        {
            "case": [f"{i + n * seed:06d}" for i in range(n)],
            "x": x,
            "small": (x > 0).astype(int),
            "large": (rng.random(n) < 0.9).astype(int),
            "label": label,
            "ann": np.where(rng.random(n) < 0.8, label, 1 - label),
        }
    )


def by_name(done):
    return {column["name"]: column for column in json.loads(done.stdout)["columns"]}


def test_ids_come_back_as_they_were_written(cede, tmp_path):
    for suffix in ("csv", "parquet"):
        table = made()
        table["case"] = table["case"].where(table["x"] < 1.0, table["case"] + ".10")
        if suffix == "csv":
            table.to_csv(tmp_path / "t.csv", index=False)
        else:
            table.to_parquet(tmp_path / "t.parquet")
        cede("fit", f"t.{suffix}", *WIDE, "--case", "case", "--features", "x", "--out", suffix)
        cede("route", suffix, f"t.{suffix}", "--case", "case", "--out", "routes.csv")
        with (tmp_path / "routes.csv").open() as stream:
            assert [row["case"] for row in csv.DictReader(stream)] == table["case"].tolist()


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_subgroups_keep_their_names_and_cases(suffix, cede, tmp_path):
    names = np.array([2**53, 2**53 + 1, 2**53 + 10])
    for part, n in (("fit", 400), ("new", 3_000)):
        table = made(0 if part == "fit" else 1, n).assign(org=names[np.arange(n) % 3])
        table["large"] = np.where((np.arange(n) % 3 == 2) & (np.arange(n) % 10 == 0), 0, 1)
        path = tmp_path / f"{part}.{suffix}"
        table.to_csv(path, index=False) if suffix == "csv" else table.to_parquet(path)
    log = (*WIDE, "--case", "case", "--quiet")
    cede("fit", f"fit.{suffix}", *log, "--features", "x")
    done = cede(
        *("certify", "router", f"new.{suffix}", "--risk", 0.2, "--json"),
        *(*log, "--subgroup", "org"),
    )
    rows = json.loads(done.stdout)["subgroups"]
    assert [row["name"] for row in rows] == names.astype(str).tolist()
    risks = [row["observed_risk"] for row in rows]
    assert max(risks) == risks[2]


@pytest.mark.parametrize("kind", ["days", "codes", "big"])
def test_groups_of_every_kind(kind, cede, tmp_path):
    groups = {
        "days": pd.to_datetime("2026-01-01") + pd.to_timedelta(np.arange(N) % 40, "D"),
        "codes": [f"{i % 40:03d}" for i in range(N)],
        "big": 2**60 + np.arange(N) % 60,
    }[kind]
    made().assign(unit=groups).to_parquet(tmp_path / "t.parquet")
    made().assign(unit=groups).to_csv(tmp_path / "t.csv", index=False)
    flags = (*WIDE, "--case", "case", "--features", "x", "--group", "unit", "--json")
    one, other = (json.loads(cede("fit", f"t.{s}", *flags).stdout) for s in ("csv", "parquet"))
    assert one["sentence"] == other["sentence"]
    assert one["n_held_out"] == other["n_held_out"]


def test_truths_are_features_like_numbers(cede, tmp_path):
    table = made().assign(math=np.arange(N) % 2 == 0)
    sentences = []
    for name, values in (("truths", table["math"]), ("numbers", table["math"].astype(int))):
        table.assign(math=values).drop(columns=["label", "ann"]).to_csv(
            tmp_path / f"{name}.csv", index=False
        )
        done = json.loads(cede("fit", f"{name}.csv", *WIDE, "--case", "case", "--json").stdout)
        assert done["features"] == ["x", "math"]
        sentences.append(done["sentence"])
    assert sentences[0] == sentences[1]


def test_fit_says_what_it_took_columns_for(cede, tmp_path):
    table = made().drop(columns=["label", "ann"])
    texts = [f"how do I do the thing called {i} ?" for i in range(N)]
    table = table.assign(prompt=texts, topic=["a", "b"] * (N // 2), large_tokens=table["x"])
    table.to_csv(tmp_path / "t.csv")  # with row numbers
    done = cede("fit", "t.csv", *WIDE, "--case", "case", "--json")
    found = by_name(done)
    assert {name: (c["taken_for"], c["used"]) for name, c in found.items()} == {
        "": ("row number", False),
        "x": ("number", True),
        "prompt": ("text", False),
        "topic": ("category", True),
        "large_tokens": ("number", True),
    }
    assert found["large_tokens"]["warning"] in json.loads(done.stdout)["warnings"]
    assert "Left out: '' (row numbers), 'prompt' (free text" in done.stderr
    assert "Beware: Column 'large_tokens' bears the name of 'large'" in done.stderr
    plain = cede("fit", "t.csv", *WIDE, "--case", "case")
    assert "Beware: Column 'large_tokens' bears the name of 'large'" in plain.words
    assert cede("fit", "t.csv", *WIDE, "--case", "case", "--quiet").stderr == ""


def test_compare_says_what_it_took_columns_for(cede, tmp_path):
    table = made().drop(columns=["case", "small", "large"])
    plain = tmp_path / "plain.csv"
    table.to_csv(plain, index=False)
    expected = json.loads(cede("compare", "plain.csv", *FAST).stdout)["sentences"]
    table.to_csv(tmp_path / "rows.csv")
    assert json.loads(cede("compare", "rows.csv", *FAST).stdout)["sentences"] == expected
    odd = table.astype({"x": object})
    odd.loc[5, "x"] = "?"
    odd.to_csv(tmp_path / "odd.csv", index=False)
    done = cede("compare", "odd.csv", *FAST)
    assert "Beware: Column 'x' holds texts, of which 399 of 400 are numbers; '?'" in done.stderr
    assert by_name(done)["x"]["taken_for"] == "number"
    assert "399 of 400 are numbers" in (tmp_path / "cede-report" / "report.html").read_text()
    commas = table.assign(x=table["x"].map(lambda value: str(value).replace(".", ",")))
    commas.to_csv(tmp_path / "commas.csv", index=False, sep=";")
    done = cede("compare", "commas.csv", *FAST)
    assert json.loads(done.stdout)["sentences"] == expected
    assert "'x' (read from texts with decimal commas)" in done.stderr


def test_missing_features_say_what_made_them_missing(cede, tmp_path):
    table = made().astype({"x": object})
    table.loc[5, "x"] = "?"
    table.to_csv(tmp_path / "t.csv", index=False)
    done = cede("fit", "t.csv", *WIDE, "--case", "case", "--features", "x")
    assert "'?' is not, and taken for missing" in done.words
    assert "encoded columns (numbers with holes)" in done.words


def test_repeated_rows_are_to_share_a_group(cede, tmp_path):
    table = pd.DataFrame({"c": ["q", "q"], "a": ["x", "x"], "o": [1, 0], "f": [1.0, 1.0]})
    table.to_csv(tmp_path / "t.csv", index=False)
    flags = ("--model", "x", "--agent", "a", "--case", "c", "--outcome", "o", "--features", "f")
    done = cede("fit", "t.csv", *flags, code=2)
    assert "the case that they repeat as their group" in done.stderr
