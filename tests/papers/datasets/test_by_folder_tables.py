import numpy as np
import pytest

from cede.exceptions import UnknownName
from cede_papers.datasets import load_diabetes130, load_openl2d_adult
from cede_papers.datasets._diabetes130 import LATE_NUMBERS, _group

pytest.importorskip("pyarrow")

TARGETS = ("died", "died_or_hospice", "readmitted_30d", "length_of_stay")


@pytest.mark.parametrize(
    ("target", "mean", "kind"),
    [
        ("died", 0.016233, np.int64),
        ("died_or_hospice", 0.023810, np.int64),
        ("readmitted_30d", 0.111599, np.int64),
        ("length_of_stay", 4.395987, np.float64),
    ],
)
def test_diabetes_targets(data, target, mean, kind):
    stays = load_diabetes130(target, data)
    assert stays.n_cases == 101_766
    assert stays.y.dtype == kind
    assert stays.y.mean() == pytest.approx(mean, abs=5e-7)
    np.testing.assert_array_equal(stays.y, stays.extras[target])
    assert set(TARGETS) <= set(stays.extras)


def test_diabetes_targets_are_of_one_stay(data):
    extras = load_diabetes130(data=data).extras
    went = extras["discharge_disposition"]
    np.testing.assert_array_equal(extras["died"], np.isin(went, [11, 19, 20, 21]))
    np.testing.assert_array_equal(
        extras["died_or_hospice"], np.isin(went, [11, 13, 14, 19, 20, 21])
    )
    assert extras["readmitted_30d"][extras["died"] == 1].sum() == 0
    assert len(set(extras["patient"].tolist())) == 71_518
    assert len(set(extras["encounter"].tolist())) == 101_766


@pytest.mark.parametrize(("known_at", "d"), [("admission", 124), ("discharge", 187)])
def test_diabetes_features_tell_nothing_that_comes_later(data, known_at, d):
    stays = load_diabetes130("length_of_stay", data, known_at=known_at)
    assert stays.X.shape == (101_766, d)
    names = " ".join(stays.feature_names).lower()
    for word in ("discharge", "disposition", "readmi", "expired", "died", "in hospital"):
        assert word not in names
    later = [*TARGETS, "discharge_disposition", "patient", "encounter"]
    known = np.nan_to_num(stays.X)
    for name in later:
        assert not (known == stays.extras[name][:, None]).all(axis=0).any(), name
    late = set(LATE_NUMBERS.values()) | {"insulin", "any drug", "diagnosis: circulatory"}
    assert late.isdisjoint(stays.feature_names) == (known_at == "admission")
    assert late <= set(stays.feature_names) or known_at == "admission"


def test_diabetes_features_known_at_admission_cannot_tell_how_long_the_stay_was(data):
    early, late = (
        load_diabetes130("length_of_stay", data, known_at=k) for k in ("admission", "discharge")
    )

    def strongest(stays):
        X = np.nan_to_num(stays.X)
        X = (X - X.mean(axis=0)) / np.maximum(X.std(axis=0), 1e-12)
        y = (stays.y - stays.y.mean()) / stays.y.std()
        return np.abs(X.T @ y / len(y)).max()

    assert strongest(early) < 0.2
    assert strongest(late) > 0.4  # the number of medicines


def test_diabetes_missing_values_stay_missing(data):
    stays = load_diabetes130(data=data, known_at="discharge")
    missing = np.isnan(stays.X).sum(axis=0)
    by_column = {}
    for name, count in zip(stays.feature_names, missing.tolist(), strict=True):
        by_column.setdefault(name.split(":")[0], set()).add(count)
    assert {name: counts for name, counts in by_column.items() if counts != {0}} == {
        "female": {3}, "race": {2_273}, "payer": {40_256}, "specialty": {49_949},
        "diagnosis": {21}, "second diagnosis": {358}, "third diagnosis": {1_423},
    }  # fmt: skip
    assert (stays.extras["specialty"] == "").sum() == 49_949
    assert (stays.extras["specialty"] == "Cardiology").sum() == 5_352
    cardiology = stays.X[:, stays.feature_names.index("specialty: Cardiology")]
    np.testing.assert_array_equal(cardiology == 1, stays.extras["specialty"] == "Cardiology")


def test_diabetes_values(data):
    stays = load_diabetes130(data=data, known_at="discharge")
    column = dict(zip(stays.feature_names, stays.X.T, strict=True))
    assert column["female"][~np.isnan(column["female"])].sum() == 54_708
    assert sorted(set(column["age"])) == [5.0 + 10 * k for k in range(10)]
    assert (column["age"] == 75).sum() == 26_068
    assert (column["admission type: 01"] == 1).sum() == 53_990
    assert (column["insulin"] == 0).sum() == 47_383
    assert (column["any drug"] == 1).sum() == 78_363
    assert (column["A1C test: >8"] == 1).sum() == 8_216
    # Each case has exactly one group per diagnosis, unless none was coded.
    groups = np.column_stack([v for n, v in column.items() if n.startswith("diagnosis: ")])
    assert set(np.nansum(groups, axis=1)) == {0.0, 1.0}


@pytest.mark.parametrize(
    ("code", "group"),
    [
        ("250.83", "diabetes"), ("428", "circulatory"), ("785", "circulatory"),
        ("786", "respiratory"), ("787", "digestive"), ("788", "genitourinary"), ("V57", "other"),
        ("E909", "other"), ("140", "neoplasms"), ("239", "neoplasms"), ("240", "other"),
        ("999", "injury"), ("715", "musculoskeletal"), ("8", "other"), ("None", None),
    ],
)  # fmt: skip
def test_diabetes_codes_of_diseases(code, group):
    assert _group(code) == group


def test_diabetes_names_are_checked():
    with pytest.raises(UnknownName, match="Did you mean 'died'"):
        load_diabetes130("dead")
    with pytest.raises(UnknownName, match="Did you mean 'admission'"):
        load_diabetes130(known_at="admision")


def test_openl2d_experts(data):
    adults = load_openl2d_adult(data)
    assert adults.X.shape == (45_222, 84)
    assert adults.experts.shape == (45_222, 25)
    assert not np.isnan(adults.experts).any()
    assert not np.isnan(adults.X).any()
    assert adults.y.mean() == pytest.approx(0.2478, abs=5e-5)
    right = (adults.experts == adults.y[:, None]).mean(axis=0)
    found = dict(zip(adults.expert_names, right.round(4).tolist(), strict=True))
    assert found["standard 0"] == 0.8774
    assert found["biased vs females 3"] == 0.8285
    assert found["biased vs non white 4"] == 0.8838
    assert found["sparse dependency 4"] == 0.8726
    assert min(found.items(), key=lambda kv: kv[1]) == ("biased vs older 0", 0.8031)
    assert max(found.items(), key=lambda kv: kv[1]) == ("biased vs older 2", 0.89)


def test_openl2d_features_are_the_thirteen_of_the_source(data):
    adults = load_openl2d_adult(data)
    assert len({name.split(":")[0] for name in adults.feature_names}) == 13
    assert not any("expert" in name or "income" in name for name in adults.feature_names)
    column = dict(zip(adults.feature_names, adults.X.T, strict=True))
    np.testing.assert_array_equal(column["sex: Female"] == 1, adults.extras["sex"] == "Female")
    np.testing.assert_array_equal(column["race: White"] == 1, adults.extras["race"] == "White")
    np.testing.assert_array_equal(column["age"], adults.extras["age"])
    occupations = [v for n, v in column.items() if n.startswith("occupation: ")]
    assert len(occupations) == 14
    np.testing.assert_array_equal(np.sum(occupations, axis=0), 1)


def test_openl2d_rows_are_of_one_person(data):
    adults = load_openl2d_adult(data)
    educated = adults.X[:, adults.feature_names.index("education level")] >= 13
    assert adults.y[educated].mean() > 2 * adults.y[~educated].mean()
