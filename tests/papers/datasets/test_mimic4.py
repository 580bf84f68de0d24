"""MIMIC-IV's files cannot be here: these are made up, in its format."""

import gzip

import numpy as np
import pytest

from cede.exceptions import UnknownName, UnreadableFile
from cede_papers.datasets._mimic4 import CHAPTERS, _chapter, load_mimic4

pytest.importorskip("pyarrow")

PATIENTS = """\
subject_id,gender,anchor_age,anchor_year,anchor_year_group,dod
10000032,F,52,2180,2014 - 2016,2180-09-09
10000084,M,72,2160,2017 - 2019,
10000068,F,19,2160,2008 - 2010,
"""
# As of version 3.1. The first patient comes three times, and once more as a donor of organs.
ADMISSIONS = """\
subject_id,hadm_id,admittime,dischtime,deathtime,admission_type,admit_provider_id,\
admission_location,discharge_location,insurance,language,marital_status,race,edregtime,edouttime,\
hospital_expire_flag
10000032,22595853,2180-05-06 22:30:00,2180-05-08 10:30:00,,URGENT,P49AFC,\
TRANSFER FROM HOSPITAL,HOME,Medicaid,English,WIDOWED,WHITE,2180-05-06 19:17:00,2180-05-06 23:30:00,0
10000032,22841357,2180-06-26 18:27:00,2180-06-27 18:27:00,,EW EMER.,P784FA,EMERGENCY ROOM,\
"HOME, WITH ""SERVICE"" AT",Medicaid,English,WIDOWED,WHITE,2180-06-26 15:54:00,2180-06-26 21:31:00,0
10000068,25022803,2160-03-03 23:16:00,2160-03-04 06:26:00,,EU OBSERVATION,P39NWO,EMERGENCY ROOM,\
,,,,"ASIAN, OTHER",2160-03-03 21:55:00,2160-03-04 06:26:00,0
10000032,25742920,2181-08-05 23:44:00,2181-08-07 17:50:00,2181-08-07 17:50:00,EW EMER.,P19UTS,\
EMERGENCY ROOM,DIED,Medicaid,English,WIDOWED,WHITE,2181-08-05 20:58:00,2181-08-06 01:44:00,1
10000032,29999999,2181-08-08 01:00:00,2181-08-08 03:30:00,2181-08-07 17:50:00,URGENT,P19UTS,\
,DIED,Medicaid,English,WIDOWED,WHITE,,,1
10000084,23052089,2160-11-21 01:56:00,,,EW EMER.,P42H7G,WALK-IN/SELF REFERRAL,\
HOME,Medicare,English,MARRIED,WHITE,,,0
10000084,29888819,2162-12-28 05:11:00,2162-12-28 16:07:00,,EU OBSERVATION,P35NE4,\
PHYSICIAN REFERRAL,,Medicare,?,MARRIED,WHITE,,,0
"""
DIAGNOSES = """\
subject_id,hadm_id,seq_num,icd_code,icd_version
10000032,22595853,1,5723,9
10000032,22595853,2,V08  ,9
10000032,22841357,1,K7031,10
10000032,25742920,1,I5022,10
10000084,23052089,1,C61,10
10000084,29888819,1,E8889,9
10000068,25022803,1,,9
"""
KEPT = [22595853, 22841357, 25022803, 25742920, 29888819]
FILES = {"patients": PATIENTS, "admissions": ADMISSIONS, "diagnoses_icd": DIAGNOSES}


def write(folder, packed=False, **changed):
    hosp = folder / "mimic4" / "hosp"
    hosp.mkdir(parents=True, exist_ok=True)
    for name, text in (FILES | changed).items():
        if packed:
            (hosp / f"{name}.csv.gz").write_bytes(gzip.compress(text.encode()))
        else:
            (hosp / f"{name}.csv").write_text(text)
    return folder


@pytest.fixture(scope="module")
def stays(tmp_path_factory):
    return load_mimic4(data=write(tmp_path_factory.mktemp("mimic")))


def column(stays, name):
    return stays.X[:, stays.feature_names.index(name)]


def test_who_was_admitted_after_observation_does_not_show(tmp_path):
    other = ADMISSIONS.replace("EU OBSERVATION", "OBSERVATION ADMIT")
    assert other != ADMISSIONS
    first = load_mimic4(data=write(tmp_path / "one"))
    second = load_mimic4(data=write(tmp_path / "two", admissions=other))
    assert first.feature_names == second.feature_names
    np.testing.assert_array_equal(first.X, second.X)


def test_stays_are_cases_and_accounts_of_donors_are_not(stays):
    assert stays.extras["stay"].tolist() == KEPT
    assert stays.extras["patient"].tolist() == [10000032, 10000032, 10000068, 10000032, 10000084]
    assert stays.experts.shape == (5, 0)
    assert stays.X.dtype == np.float64


def test_a_stay_that_ends_before_it_begins_is_left_out(tmp_path):
    backwards = ADMISSIONS.replace("2162-12-28 16:07:00", "2162-12-28 05:10:00")
    assert load_mimic4(data=write(tmp_path, admissions=backwards)).n_cases == 4


def test_targets(stays, tmp_path):
    assert stays.y.tolist() == [0, 0, 0, 1, 0]
    assert stays.y.dtype == np.int64
    days = load_mimic4("length_of_stay", write(tmp_path))
    np.testing.assert_allclose(days.y[:2], [1.5, 1.0])
    np.testing.assert_allclose(days.y[2], (7 * 60 + 10) / (24 * 60))
    assert days.y.dtype == np.float64
    np.testing.assert_array_equal(days.y, stays.extras["length_of_stay"])


def test_age_is_counted_from_the_anchor(stays):
    assert column(stays, "age").tolist() == [52, 52, 19, 53, 74]
    assert column(stays, "female").tolist() == [1, 1, 1, 1, 0]
    assert column(stays, "hour")[0] == 22.5


def test_missing_texts_are_missing_and_quoted_ones_are_whole(stays):
    assert np.isnan(column(stays, "language: English")).tolist() == [False, False, True] + 2 * [
        False
    ]
    assert column(stays, "language: ?")[4] == 1
    assert column(stays, "race: ASIAN, OTHER").tolist() == [0, 0, 1, 0, 0]
    assert stays.extras["discharge_location"][1] == 'HOME, WITH "SERVICE" AT'
    assert stays.extras["discharge_location"][4] == ""
    assert stays.extras["years"].tolist()[2] == "2008 - 2010"


def test_history_is_of_stays_that_had_ended(stays):
    assert column(stays, "earlier stays").tolist() == [0, 1, 0, 2, 0]
    assert column(stays, "earlier stays in a year").tolist() == [0, 1, 0, 0, 0]
    np.testing.assert_allclose(column(stays, "days in earlier stays"), [0, 1.5, 0, 2.5, 0])
    since = column(stays, "since the last stay")
    assert np.isnan(since).tolist() == [True, False, True, False, True]
    np.testing.assert_allclose(since[1], 49 + (7 * 60 + 57) / (24 * 60))
    assert column(stays, "earlier diagnosis: digestive").tolist() == [0, 1, 0, 1, 0]
    assert column(stays, "earlier diagnosis: other factors").tolist() == [0, 1, 0, 1, 0]
    # Heart failure was coded after the last stay; cancer in one that has no end.
    assert column(stays, "earlier diagnosis: circulatory").sum() == 0
    assert column(stays, "earlier diagnosis: neoplasms").sum() == 0


def test_a_stay_that_is_still_going_on_tells_nothing(tmp_path):
    longer = ADMISSIONS.replace("2180-06-27 18:27:00", "2181-08-06 00:00:00")
    stays = load_mimic4(data=write(tmp_path, admissions=longer))
    assert column(stays, "earlier stays")[3] == 1
    np.testing.assert_allclose(column(stays, "days in earlier stays")[3], 1.5)


def test_a_stay_of_no_time_is_not_its_own_past(tmp_path):
    at_once = ADMISSIONS.replace("2180-05-08 10:30:00", "2180-05-06 22:30:00")
    stays = load_mimic4(data=write(tmp_path, admissions=at_once))
    assert stays.extras["length_of_stay"][0] == 0
    assert column(stays, "earlier stays")[0] == 0
    assert column(stays, "earlier diagnosis: digestive")[0] == 0


def test_nothing_that_comes_after_admission_is_a_feature(stays, tmp_path):
    """Whatever happens in the last stay and after it, the features of all stays are the same."""
    other = ADMISSIONS.replace("2181-08-07 17:50:00,2181-08-07 17:50:00", "2181-12-31 09:00:00,")
    assert other != ADMISSIONS
    other = other.replace("EMERGENCY ROOM,DIED", "EMERGENCY ROOM,HOME")
    other = other.replace("2181-08-06 01:44:00,1", "2181-08-09 01:44:00,0")
    people = PATIENTS.replace(",2180-09-09", ",")
    coded = DIAGNOSES.replace("25742920,1,I5022,10", "25742920,1,O80,10")
    changed = load_mimic4(
        data=write(tmp_path, admissions=other, patients=people, diagnoses_icd=coded)
    )
    assert changed.extras["died"].tolist() == [0, 0, 0, 0, 0]
    assert changed.extras["length_of_stay"][3] > 100
    assert changed.feature_names == stays.feature_names
    np.testing.assert_array_equal(changed.X, stays.X)
    later = ("died", "discharge", "death", "expire", "length")
    assert not any(word in name for name in stays.feature_names for word in later)


def test_packed_files_are_read_first_and_alike(stays, tmp_path):
    folder = write(tmp_path, packed=True)
    packed = load_mimic4(data=folder)
    np.testing.assert_array_equal(packed.X, stays.X)
    assert packed.feature_names == stays.feature_names


def test_version_2_0_had_a_column_less(stays, tmp_path):
    lines = ADMISSIONS.replace('"ASIAN, OTHER"', "ASIAN")
    lines = lines.replace('"HOME, WITH ""SERVICE"" AT"', "HOME")
    cut = "\n".join(
        ",".join(cell for i, cell in enumerate(line.split(",")) if i != 6)
        for line in lines.splitlines()
    )
    older = load_mimic4(data=write(tmp_path, admissions=cut))
    assert older.X.shape == stays.X.shape
    np.testing.assert_array_equal(older.y, stays.y)


@pytest.mark.parametrize(
    ("code", "version", "chapter"),
    [
        ("5723", 9, "digestive"), ("V08  ", 9, "other factors"), ("E8889", 9, "external causes"),
        ("0389", 9, "infections"), ("1398", 9, "infections"), ("140", 9, "neoplasms"),
        ("99999", 9, "injury"), ("79902", 9, "symptoms"), ("3659", 9, "nervous system and senses"),
        ("A419", 10, "infections"), ("B182", 10, "infections"), ("C7A1", 10, "neoplasms"),
        ("D3A00", 10, "neoplasms"), ("D499", 10, "neoplasms"), ("D500", 10, "blood"),
        ("D899", 10, "blood"), ("E119", 10, "endocrine"),
        ("H5461", 10, "nervous system and senses"), ("I10", 10, "circulatory"),
        ("T8612", 10, "injury"), ("U071", 10, "infections"),
        ("W1830XA", 10, "external causes"), ("Y92239", 10, "external causes"),
        ("Z66", 10, "other factors"), ("Z3A00", 10, "other factors"), ("i5022", 10, "circulatory"),
    ],
)  # fmt: skip
def test_codes_of_both_versions_have_the_same_chapters(code, version, chapter):
    assert _chapter(code, version) == chapter
    assert chapter in CHAPTERS


def test_what_is_not_right_is_said(tmp_path):
    with pytest.raises(UnknownName, match="Did you mean 'died'"):
        load_mimic4("dead", tmp_path)
    less = write(tmp_path, patients="\n".join(PATIENTS.splitlines()[:2]))
    with pytest.raises(UnreadableFile, match=r"patients\.csv'.*does not know subject_id 10000068"):
        load_mimic4(data=less)
    with pytest.raises(UnreadableFile, match=r"admissions\.csv.*must hold subject_id, hadm_id"):
        load_mimic4(data=write(tmp_path, admissions=PATIENTS))
    with pytest.raises(UnreadableFile, match=r"must give anchor_age in every row"):
        load_mimic4(data=write(tmp_path, patients=PATIENTS.replace(",52,", ",,")))
