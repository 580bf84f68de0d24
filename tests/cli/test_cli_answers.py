"""Outcomes and answers as people write them, said by flags."""

import json

import numpy as np
import pandas as pd
from made_logs import make

FLAGS = ("--model", "small", "--case", "id", "--features", "e_*,length", "--json", "--quiet")
FLAGS += ("--outcome", "small=small ok", "--outcome", "large=large ok")
FIT = ("fit", "t.csv", *FLAGS, "--router", "cost_regression")


def judged(done):
    content = json.loads(done.stdout)
    apart = {"command", "columns", "files", "folder", "kept", "warnings"}
    return {name: value for name, value in content.items() if name not in apart}


def test_words_are_worth_what_is_said(cede, tmp_path):
    log = make(0, 300).to_pandas()
    log.to_csv(tmp_path / "t.csv", index=False)
    expected = judged(cede(*FIT))
    grades = log["small ok"].map({True: "C", False: "I"})
    log.assign(**{"small ok": grades}).to_csv(tmp_path / "t.csv", index=False)
    done = cede(*FIT, code=2)
    assert "must be numbers, but hold 'I'" in json.loads(done.stdout)["error"]
    done = cede(*FIT, "--outcome-values", "C=1,I=nought", code=2)
    assert "--outcome-values must be written WORD=NUMBER" in json.loads(done.stdout)["error"]
    done = cede(*FIT, "--outcome-values", "C=1,I=0", code=2)
    assert "--outcome-values must say what each word" in json.loads(done.stdout)["error"]
    every = "C=1,I=0,True=1,False=0"
    assert judged(cede(*FIT, "--outcome-values", every)) == expected
    words = log["large ok"].map({True: "right", False: "wrong"})
    log.assign(**{"large ok": words}).to_csv(tmp_path / "t.csv", index=False)
    assert judged(cede(*FIT)) == expected
    fresh = make(1, 300).to_pandas()
    words = fresh["large ok"].map({True: "Yes", False: "no"})
    fresh.assign(**{"large ok": words}).to_csv(tmp_path / "fresh.csv", index=False)
    done = cede("evaluate", "router", "fresh.csv", *FLAGS[:4], *FLAGS[6:])
    assert json.loads(done.stdout)["n_cases"] == 300


def test_abstentions_are_missing_or_paid(cede, tmp_path):
    log = make(0, 300).to_pandas().astype({"large ok": object})
    log.loc[:29, "large ok"] = "pass on"
    log.to_csv(tmp_path / "t.csv", index=False)
    done = cede(*FIT, code=2)
    assert "hold 'pass on'" in json.loads(done.stdout)["error"]
    cede(*FIT, "--abstain", "Pass on,skip")
    log.loc[:29, "large ok"] = log.loc[:29, "small ok"]
    log.to_csv(tmp_path / "told.csv", index=False)
    paid = judged(cede(*FIT, "--abstain", "pass on", "--abstain-pays"))
    assert judged(cede(*FIT[:1], "told.csv", *FIT[2:])) == paid


def test_compare_by_what_experts_agree_on(cede, tmp_path):
    rng = np.random.default_rng(0)
    x = rng.normal(size=400)
    truth = np.where(x + 0.5 * rng.normal(size=400) > 0, "ill", "well")
    other = np.where(truth == "ill", "well", "ill")
    experts = {
        name: np.where(rng.random(400) < share, truth, other).astype(object)
        for name, share in (("ann", 0.9), ("bob", 0.8), ("cleo", 0.7))
    }
    experts["bob"][:20] = "unsure"
    pd.DataFrame({"x": x, **experts}).to_csv(tmp_path / "t.csv", index=False)
    flags = [word for name in experts for word in ("--expert", f"{name}={name}")]
    flags += ["--method", "one_vs_all", "--abstain", "unsure", "--json", "--budget", "0.2"]
    flags += ["--model", "sklearn.linear_model:LogisticRegression"]
    done = cede("compare", "t.csv", *flags, "--label-from", "majority")
    heard = json.loads(done.stdout)["warnings"]
    assert any("'bob' abstained in 20 of 400 cases" in text for text in heard)
    assert any("no answer has most voices: they are left out" in text for text in heard)
    done = cede("compare", "t.csv", *flags, "--label-from", "mean", code=2)
    assert "There is no consensus 'mean'" in json.loads(done.stdout)["error"]
