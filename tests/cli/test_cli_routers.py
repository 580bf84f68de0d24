import json

import pytest
from made_logs import FEATURES, WIDE, make

import cede as library
from cede.routers import METHODS


def test_few_cases_are_warned_of(cede, tmp_path):
    make(0, 60).write_parquet(tmp_path / "few.parquet")
    done = cede("fit", "few.parquet", *WIDE, *FEATURES, "--quiet")
    assert "Beware: small alone, large alone, router: Few cases decide the mean" in done.words
    assert "matched" not in done.words
    assert "clip=" not in done.words


OF_LOGS = [name for name, row in METHODS.items() if "labels" not in row.needs and not row.slow]


@pytest.mark.parametrize("name", [name for name in OF_LOGS if not METHODS[name].needs])
def test_every_method_that_suits_any_log(cede, logs, tmp_path, name):
    flags = ("--router", name, *FEATURES, "--quiet")
    done = cede("fit", "wide.parquet", *WIDE, *flags, "--json")
    assert json.loads(done.stdout)["difference"]["high"] < 0
    found, row = library.load(tmp_path / "router"), METHODS[name]
    assert type(found) is type(row.make())
    assert found.get_params().keys() == row.make().get_params().keys()
    cede("route", "router", "new.csv", "--out", "routes.csv", "--quiet")


@pytest.mark.parametrize("name", [n for n, row in METHODS.items() if "labels" in row.needs])
def test_a_method_that_a_log_does_not_suit_is_refused_with_the_reason(cede, logs, name):
    done = cede("fit", "wide.parquet", *WIDE, *FEATURES, "--router", name, "--quiet", code=2)
    words = " ".join(done.stderr.split())
    assert f"--router must name what can run on these cases, but got '{name}', which" in words
    assert "needs the true answer of each case" in words


def test_help_names_the_methods_that_may_suit(cede):
    words = "".join(cede("fit", "--help").stdout.replace("│", "").split())
    assert all(name in words for name in OF_LOGS)
    assert "one_vs_all" not in words


def test_features_are_all_other_numbers_unless_named(cede, logs):
    def features(*flags):
        done = cede(
            "fit", "wide.parquet", *WIDE, *flags, "--json", "--quiet", "--seed", 1, "--force"
        )
        return json.loads(done.stdout)["features"]

    assert features() == ["e_1", "e_2", "length", "topic", "user"]
    assert features("--group", "user") == ["e_1", "e_2", "length", "topic"]
    assert features("--exclude", "us*,length,topic") == ["e_1", "e_2"]
    assert features("--features", "length,e_*", "--exclude", "e_1") == ["length", "e_2"]
    assert features("--features", "*e*", "--exclude", "topic") == ["e_1", "e_2", "length", "user"]
