"""Raw prompts from a shell: every command reads them as they are."""

import json

import numpy as np
import polars as pl
import pytest

import cede as library

rng = np.random.default_rng(0)
N = 600
SUMS = rng.random(N) < 0.5
SPEEDS = rng.normal(size=N)
HOLES = (rng.random(N) < 0.1).tolist()
WORDS = np.array(["night", "sea", "war", "love", "road", "hill", "king", "moon"])


def prompt(is_sum):
    if is_sum:
        return f"Please add {rng.integers(10, 99)} and {rng.integers(10, 99)} for me."
    return f"Who wrote the book about the {' and the '.join(rng.choice(WORDS, 2))}?"


def table():
    return pl.DataFrame(
        {
            "id": [f"q{i}" for i in range(N)],
            "question": [prompt(is_sum) for is_sum in SUMS],
            "tier": rng.choice(["free", "paid", "team"], N),
            "speed": [None if gone else x for gone, x in zip(HOLES, SPEEDS, strict=True)],
            "small ok": ~SUMS | (rng.random(N) < 0.1),
            "large ok": rng.random(N) < 0.8,
        }
    )


OUTCOMES = ("--outcome", "small=small ok", "--outcome", "large=large ok")
FIT = ("--model", "small", *OUTCOMES, "--case", "id")


@pytest.fixture
def files(tmp_path):
    log = table()
    log[:400].write_parquet(tmp_path / "log.parquet")
    log[400:].write_csv(tmp_path / "later.csv")
    log[400:].drop("small ok", "large ok").write_ndjson(tmp_path / "new.jsonl")
    return log


def test_every_command_takes_prompts(cede, files, tmp_path):
    fit = cede("fit", "log.parquet", *FIT, "--text", "question")
    assert "1 text ('question'); 1 category ('tier'); 1 number ('speed')" in fit.stderr
    assert "encoded" in fit.words
    router = library.load(tmp_path / "router")
    assert router.kinds_.tolist() == ["text", "category", "number"]
    tuned = cede("tune", "router", "later.csv", "--budget", "0.6", *OUTCOMES, "--json")
    assert json.loads(tuned.stdout)["operating_point"]["deferral_rate"] <= 0.6
    found = cede("evaluate", "router", "later.csv", *OUTCOMES, "--json")
    content = json.loads(found.stdout)
    alone = [line["cost"] for line in content["alone"].values()]
    assert content["router"]["cost"] < min(alone)
    cede("certify", "router", "later.csv", *OUTCOMES, "--risk", "0.5")
    cede("report", "router", "later.csv", *OUTCOMES, "--out", "page.html")
    cede("route", "router", "new.jsonl", "--out", "routes.csv", "--case", "id")
    routes = pl.read_csv(tmp_path / "routes.csv")
    assert routes["id"].to_list() == files["id"][400:].to_list()
    ours = router.route(files[400:].select("question", "tier", "speed"))
    assert len(ours) == 200


def test_free_text_that_nobody_names_is_left_out_and_said(cede, files):
    done = cede("fit", "log.parquet", *FIT)
    assert "'question' (free text" in done.stderr
    assert "--text question routes by it" in done.stderr
    named = cede("fit", "log.parquet", *FIT, "--features", "question,speed", code=2)
    assert "say that it is one (--text question)" in " ".join(named.stderr.split())


def test_complete_numbers_need_no_encoder(cede, files, tmp_path):
    log = files.drop("question", "tier").with_columns(pl.col("speed").fill_null(0.0))
    log.write_parquet(tmp_path / "numbers.parquet")
    cede("fit", "numbers.parquet", *FIT)
    assert type(library.load(tmp_path / "router")) is library.EnsembleRouter


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--text", "prompt"), "there is no 'prompt'"),
        (("--text", "small ok"), "--text cannot have 'small ok' among them"),
    ],
)
def test_wrong_texts_get_a_sentence(cede, files, flags, words):
    done = cede("fit", "log.parquet", *FIT, *flags, code=2)
    assert words in " ".join(done.stderr.split())


def test_a_prompt_is_a_text_whatever_it_looks_like(cede, files, tmp_path):
    cede("fit", "log.parquet", *FIT, "--text", "question", "--exclude", "tier,speed")
    (tmp_path / "odd.csv").write_text('question\n12\n007\n""\n2024-05-31\n')
    cede("route", "router", "odd.csv", "--out", "routes.csv")
    assert len(pl.read_csv(tmp_path / "routes.csv")) == 4
