import numpy as np
import pytest

from cede.datasets import load_support2
from cede.exceptions import InvalidInput, UnknownName

MEASURED = {
    "age", "female", "comorbidities", "education", "income bracket", "coma score",
    "day in hospital at entry", "diabetes", "dementia", "mean blood pressure",
    "white blood cells", "heart rate", "respiratory rate", "temperature", "PaO2/FiO2", "albumin",
    "bilirubin", "creatinine", "sodium", "arterial pH", "glucose", "blood urea nitrogen",
    "urine output",
}  # fmt: skip
ONE_HOT = {"diagnosis": 8, "race": 5, "cancer": 3}


@pytest.fixture(scope="module")
def patients():
    return load_support2()


def column(dataset, name):
    return dataset.X[:, dataset.feature_names.index(name)]


def test_nobody_is_lost(patients):
    assert patients.n_cases == 9_105
    np.testing.assert_array_equal(patients.extras["row_id"], np.arange(9_105))


def test_features_are_exactly_what_is_known_on_the_third_day(patients):
    one_hot = [name for name in patients.feature_names if ": " in name]
    assert set(patients.feature_names) - set(one_hot) == MEASURED
    for group, size in ONE_HOT.items():
        assert sum(name.startswith(f"{group}: ") for name in one_hot) == size
    assert len(one_hot) == sum(ONE_HOT.values())


def test_no_feature_is_a_target_or_a_forecast_in_disguise(patients):
    filled = np.nan_to_num(patients.X, nan=-1.0)
    for name, extra in patients.extras.items():
        other = np.nan_to_num(extra.astype(float), nan=-1.0)
        likeness = [abs(np.corrcoef(feature, other)[0, 1]) for feature in filled.T]
        # The study's own model saw the physiology; its forecast is like the diagnosis, no more.
        assert max(likeness) < 0.65, name


def test_diagnosis_is_named_as_in_the_source_and_is_exactly_one(patients):
    diagnoses = [n for n in patients.feature_names if n.startswith("diagnosis: ")]
    assert "diagnosis: Lung Cancer" in diagnoses
    total = sum(column(patients, name) for name in diagnoses)
    np.testing.assert_array_equal(total, 1.0)
    assert column(patients, "diagnosis: ARF/MOSF w/Sepsis").sum() == 3_515


def test_a_missing_race_is_missing_in_all_its_columns(patients):
    races = np.column_stack(
        [column(patients, n) for n in patients.feature_names if n.startswith("race: ")]
    )
    gone = np.isnan(races)
    assert gone.all(axis=1).sum() == gone.any(axis=1).sum() == 42
    np.testing.assert_array_equal(races[~gone.any(axis=1)].sum(axis=1), 1.0)


@pytest.mark.parametrize(
    ("name", "n_missing", "mean"),
    [
        # Counted in the source table with pandas: df[c].isna().sum(), df[c].mean().
        ("age", 0, 62.6508),
        ("glucose", 4_500, 159.8734),
        ("urine output", 4_862, 2191.5464),
        ("mean blood pressure", 1, 84.5464),
        ("arterial pH", 2_284, 7.4154),
        ("education", 1_634, 11.7477),
        ("female", 0, 3_980 / 9_105),
        ("income bracket", 2_982, (1_527 + 2 * 1_057 + 3 * 684) / (9_105 - 2_982)),
    ],
)
def test_what_was_not_measured_is_nan_and_the_rest_is_the_source(patients, name, n_missing, mean):
    values = column(patients, name)
    assert np.isnan(values).sum() == n_missing
    assert np.nanmean(values) == pytest.approx(mean, rel=1e-5)


@pytest.mark.parametrize(("target", "share"), [("died_2m", 0.34827), ("died_6m", 0.46985)])
def test_death_is_an_integer_class(target, share):
    died = load_support2(target)
    assert died.target_name == target
    assert died.y.dtype == np.int64
    assert set(died.y) == {0, 1}
    assert died.y.mean() == pytest.approx(share, abs=1e-5)
    np.testing.assert_array_equal(died.y, died.extras[target])


def test_who_died_within_two_months_died_within_six(patients):
    assert (patients.extras["died_2m"] <= patients.extras["died_6m"]).all()
    assert patients.extras["died_2m"].dtype == np.int64


@pytest.mark.parametrize(
    ("target", "n_known", "accuracy"), [("died_2m", 7_456, 0.768), ("died_6m", 7_472, 0.718)]
)
def test_the_physician_is_as_right_as_the_study_says(target, n_known, accuracy):
    died = load_support2(target)
    answers = died.experts[:, 0]
    known = ~np.isnan(answers)
    assert known.sum() == n_known
    assert np.mean(answers[known] == died.y[known]) == pytest.approx(accuracy, abs=5e-4)


@pytest.mark.parametrize("months", [2, 6])
def test_even_odds_count_as_survival_and_silence_as_silence(months):
    died = load_support2(f"died_{months}m")
    estimate, answers = died.extras[f"physician_survival_{months}m"], died.experts[:, 0]
    assert set(answers[estimate == 0.5]) == {0.0}
    assert set(answers[estimate < 0.5]) == {1.0}
    assert set(answers[estimate > 0.5]) == {0.0}
    np.testing.assert_array_equal(np.isnan(answers), np.isnan(estimate))


def test_the_studys_own_model_is_kept_apart(patients):
    # Where the physician gave a forecast too, which is how the two are usually compared.
    forecast = patients.extras["model_survival_2m"]
    known = ~np.isnan(forecast) & ~np.isnan(patients.extras["physician_survival_2m"])
    right = (forecast[known] < 0.5) == patients.extras["died_2m"][known]
    assert right.mean() == pytest.approx(0.758, abs=5e-4)


def test_length_of_stay_is_an_amount_without_an_expert():
    stay = load_support2("length_of_stay")
    assert stay.y.dtype == np.float64
    assert stay.y.mean() == pytest.approx(17.863, abs=1e-3)
    assert stay.y.min() == 3.0
    assert stay.experts.shape == (9_105, 0)
    assert stay.units["length_of_stay"] == "days"


def test_every_call_returns_fresh_arrays():
    first = load_support2()
    first.X[:] = 0.0
    first.y[:] = 7
    assert set(first.extras["died_6m"]) == {0, 1}
    assert load_support2().X[:, 0].max() > 100


def test_an_unknown_target_is_named_with_the_known_ones():
    with pytest.raises(UnknownName, match=r"no SUPPORT2 target 'died_6'.*mean 'died_6m'.*died_2m"):
        load_support2("died_6")
    assert issubclass(UnknownName, InvalidInput)
