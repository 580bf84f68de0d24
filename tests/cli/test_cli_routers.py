import json

import pytest
from made_logs import FEATURES, WIDE, make

import cede as library


def test_few_cases_are_warned_of(cede, tmp_path):
    make(0, 60).write_parquet(tmp_path / "few.parquet")
    done = cede("fit", "few.parquet", *WIDE, *FEATURES, "--quiet")
    assert "Beware: small alone, large alone, router: Few cases decide the mean" in done.words
    assert "matched" not in done.words
    assert "clip=" not in done.words


@pytest.mark.parametrize(
    ("router", "kind"),
    [
        ("two-stage", library.TwoStageRouter),
        ("neighbours", library.NeighborRouter),
        ("density-ratio", library.DensityRatioRouter),
    ],
)
def test_the_other_routers(cede, logs, tmp_path, router, kind):
    flags = ("--router", router, *FEATURES, "--quiet")
    done = cede("fit", "wide.parquet", *WIDE, *flags, "--json")
    assert json.loads(done.stdout)["difference"]["high"] < 0
    assert type(library.load(tmp_path / "router")) is kind
    cede("route", "router", "new.csv", "--out", "routes.csv", "--quiet")


def test_features_are_all_other_numbers_unless_named(cede, logs):
    def features(*flags):
        done = cede(
            "fit", "wide.parquet", *WIDE, *flags, "--json", "--quiet", "--seed", 1, "--force"
        )
        return json.loads(done.stdout)["features"]

    assert features() == ["e_1", "e_2", "length", "user"]
    assert features("--group", "user") == ["e_1", "e_2", "length"]
    assert features("--exclude", "us*,length") == ["e_1", "e_2"]
    assert features("--features", "length,e_*", "--exclude", "e_1") == ["length", "e_2"]
    assert features("--features", "*e*", "--exclude", "topic") == ["e_1", "e_2", "length", "user"]
