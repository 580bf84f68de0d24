"""Logs of Inspect."""

import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest

from cede.exceptions import InvalidInput, UnknownName, UnreadableFile
from cede.logs import read_inspect, read_log
from cede.logs.tools._zips import Zip

FILES = Path(__file__).parent / "files" / "inspect"


def log(folder, place=0):
    return sorted((FILES / folder).iterdir())[place]


def contents(file):
    """Members of a zip as JSON."""
    with Zip(file) as archive:
        return {name: json.loads(archive.read(name)) for name in archive.names}


@pytest.fixture
def changed(tmp_path):
    """Write a log anew, with other samples; deflated, as older versions of Inspect did."""

    def write(file, change, header=None):
        members = contents(file)
        name = tmp_path / "logs" / file.name
        name.parent.mkdir(exist_ok=True)
        with zipfile.ZipFile(name, "w", zipfile.ZIP_DEFLATED) as archive:
            for member, content in members.items():
                if member == "header.json":
                    content["eval"] |= header or {}
                if member.startswith("samples/"):
                    content = change(content)
                if content is not None:
                    archive.writestr(member, json.dumps(content))
        return name

    return write


@pytest.fixture
def prices(tmp_path):
    """USD per million tokens."""
    file = tmp_path / "prices.csv"
    file.write_text("model,input,output,cached\ntoy/small,2,10,0.5\n")
    return str(file)


def same(sample):
    return sample


def outcomes(export):
    rows = export.table.to_pylist()
    return {(row["case"], row["agent"]): row["outcome"] for row in rows}


def scores(file, name="match"):
    """What samples were scored, straight from the file."""
    samples = [s for n, s in contents(file).items() if n.startswith("samples/")]
    return {str(s["id"]): s["scores"][name]["value"] for s in samples}


def test_ids_are_the_same_as_numbers_and_as_texts():
    first, second = (contents(log("facts", i))["samples/0_epoch_1.json"]["id"] for i in (0, 1))
    assert (first, second) == (0, "0")
    cases = read_log(read_inspect(FILES / "facts"), model="toy/small", features=None)
    assert len(cases) == 40
    assert cases.agent_names == ("toy/small", "toy/large")
    for column, place in ((0, 0), (1, 1)):
        worth = {f"facts/{key}": value == "C" for key, value in scores(log("facts", place)).items()}
        expected = [float(worth[case]) for case in cases.ids]
        np.testing.assert_array_equal(1 - cases.agent_costs[:, column], expected)
    assert cases.feature_names == ("prompt_chars", "prompt_words")


def test_letters_epochs_and_what_nobody_graded():
    """Twelve samples: C P I N, U C C I, and U four times."""
    export = read_inspect(FILES / "letters", scorer="graded")
    values = {}
    for sample in json.loads(log("letters").read_text())["samples"]:
        values.setdefault(f"letters/{sample['id']}", []).append(sample["scores"]["graded"]["value"])
    worth = {"C": 1.0, "P": 0.5, "I": 0.0, "N": 0.0}
    known = {case: [worth[v] for v in three if v in worth] for case, three in values.items()}
    assert outcomes(export) == {(c, "toy/letters"): sum(k) / len(k) for c, k in known.items()}
    assert any(0 < len(k) < 3 for k in known.values())
    assert export.notes == ("5 of 12 samples failed or are ungraded: unknown.",)


def test_epochs_are_kept_as_cases_of_a_group():
    table = read_inspect(FILES / "letters", scorer="graded", epochs="keep").table.to_pylist()
    assert [row["outcome"] for row in table].count(None) == 0
    assert {row["case"].rpartition("#")[0] == row["item"] for row in table} == {True}
    assert len(table) == 7
    with pytest.raises(InvalidInput, match="option must say epochs=average or epochs=keep"):
        read_inspect(FILES / "letters", scorer="graded", epochs="first")


def test_a_scorer_must_be_named_where_there_are_several():
    with pytest.raises(InvalidInput, match=r"has graded, judged.shape, judged.style, but got none"):
        read_inspect(FILES / "letters")
    with pytest.raises(InvalidInput, match=r"outcome must be in .* but got 7"):
        read_inspect(FILES / "letters", scorer="judged.style")
    export = read_inspect(FILES / "letters", scorer="judged.style", scale="10")
    assert set(outcomes(export).values()) == {0.7}
    assert set(outcomes(read_inspect(FILES / "letters", scorer="judged.shape")).values()) == {0, 1}


def test_a_successful_log_of_failed_samples_tells_nothing():
    assert contents(log("broken"))["header.json"]["status"] == "success"
    with pytest.raises(InvalidInput, match="hold no outcome at all"):
        read_inspect(FILES / "broken")
    export = read_inspect([FILES / "broken", log("facts")])
    assert export.notes[0].startswith("3 of 43 samples failed")
    assert {outcomes(export)[f"facts/{i}", "toy/broken"] for i in range(3)} == {None}


@pytest.mark.parametrize("mark", ["error", "invalidation"])
def test_a_failed_or_invalid_sample_is_unknown_whatever_its_score(changed, mark):
    def change(sample):
        return sample if sample["id"] else {**sample, mark: {"message": "x"}}

    export = read_inspect([changed(log("facts"), change), log("facts", 1)])
    read = outcomes(export)
    assert read["facts/0", "toy/small"] is None
    assert list(read.values()).count(None) == 1


def test_a_run_and_its_retry_are_one():
    first, second = log("again"), log("again", 1)
    assert [contents(f)["header.json"]["status"] for f in (first, second)] == ["error", "success"]
    expected = {
        (f"facts/{key}", "toy/fragile"): float(v == "C") for key, v in scores(second).items()
    }
    assert outcomes(read_inspect([second, first])) == expected
    # What the retry did not reach comes from the run before.
    assert len(outcomes(read_inspect(first))) == 2


def test_the_latest_file_tells_what_a_sample_was_scored(changed):
    """Scores can be edited, whatever order the files come in."""
    later = changed(log("again", 1), lambda s: {**s, "scores": {"match": {"value": "P"}}})
    for order in ([log("again"), later], [later, log("again")]):
        assert set(outcomes(read_inspect(order)).values()) == {0.5}


def test_a_retry_that_failed_does_not_undo_the_run(changed):
    later = changed(
        log("again", 1), lambda sample: {**sample, "scores": {}, "error": {"message": "x"}}
    )
    assert outcomes(read_inspect([log("again"), later])) == outcomes(read_inspect(log("again")))


def test_two_runs_are_refused_or_the_latest_taken(changed):
    spec = {"task_id": "other", "created": "2099-01-01T00:00:00+00:00"}
    right = {"match": {"value": "C"}}
    again = changed(log("facts"), lambda sample: {**sample, "scores": right}, spec)
    with pytest.raises(InvalidInput, match=r"'toy/small' did 'facts' in .*not as another try"):
        read_inspect([log("facts"), again])
    latest = read_inspect([again, log("facts")], runs="latest")
    assert set(outcomes(latest).values()) == {1.0}
    spec["solver"] = "thinks"
    changed(log("facts"), same, spec)
    with pytest.raises(InvalidInput, match="must say as agent an entry of eval that is a text"):
        read_inspect([log("facts"), again], agent="solver")
    apart = changed(log("facts", 1), same, {"solver": "guesses"})
    assert set(read_inspect([again, apart], agent="solver").table["agent"].to_pylist()) == {
        "thinks",
        "guesses",
    }


def test_a_sample_that_stands_twice_is_refused(changed):
    """As it does where an id is 1 in one sample and "1" in another."""
    file = changed(log("facts"), lambda s: {**s, "id": "1"} if s["id"] == 0 else s)
    with pytest.raises(InvalidInput, match="has two with id '1' and epoch 1"):
        read_inspect(file)


def test_other_words_are_refused_unless_they_are_said(changed):
    def say(value):
        return lambda sample: {**sample, "scores": {"match": {"value": value}}}

    for value, worth in {"yes": 1, "False": 0, "0.25": 0.25, True: 1, 0: 0, "N": 0}.items():
        assert set(outcomes(read_inspect(changed(log("facts"), say(value)))).values()) == {worth}
    for value in ("correct", "A", "N/A", [1]):
        with pytest.raises(InvalidInput, match=r"outcome must be C, P, I, N.*option words=A=1"):
            read_inspect(changed(log("facts"), say(value)))
    said = read_inspect(changed(log("facts"), say("A")), words="A=.75,B=0")
    assert set(outcomes(said).values()) == {0.75}
    with pytest.raises(InvalidInput, match="option must say words as A=1,B=0"):
        read_inspect(log("facts"), words="A=good")
    for value in (-1.5, 62.5):
        with pytest.raises(InvalidInput, match=f"outcome must be in .*but got {value}"):
            read_inspect(changed(log("facts"), say(value)))


def test_the_prompt_is_the_input_and_its_choices(changed):
    parts = [
        *({"type": "text", "text": text} for text in ("Is it?", "attachment://b")),
        {"type": "image", "image": "attachment://x"},
    ]

    question = [
        {"role": "system", "content": "attachment://a"},
        {"role": "user", "content": parts},
    ]
    attachments = {"a": "Be brief.", "b": "So?"}
    more = {"input": question, "choices": ["no", "yes"], "attachments": attachments}

    def change(sample):
        return {**sample, **more}

    export = read_inspect(changed(log("facts"), change))
    assert set(export.table["prompt"].to_pylist()) == {"Be brief.\nIs it?\nSo?\nno\nyes"}
    with pytest.raises(InvalidInput, match=r"reads .* give files of one data set only"):
        read_inspect([changed(log("facts"), change), log("facts", 1)])


def test_a_sample_in_several_members_is_read_as_in_one(prices):
    """And its long texts, which are put aside, are found again."""
    whole, parts = (
        read_inspect(FILES / folder, prices=prices, fields="level").table
        for folder in ("selfmade", "chunked")
    )
    names = contents(log("chunked"))
    assert "samples/1_epoch_1.json" not in names
    (message,) = names["samples/1_epoch_1/sample.json"]["input"]
    assert message["content"].startswith("attachment://")
    assert whole.equals(parts)
    assert max(whole["prompt_chars"].to_pylist()) > 100


def test_a_text_that_reads_like_a_place_is_none(changed):
    more = {"choices": ["0", "1"], "attachments": {"0": "elsewhere"}}
    export = read_inspect(changed(log("facts"), lambda sample: {**sample, **more}))
    assert all(text.endswith("\n0\n1") for text in export.table["prompt"].to_pylist())


def test_metadata_can_be_columns():
    table = read_inspect(FILES / "facts", fields="level").table.to_pylist()
    assert all(row["level"] == row["prompt_chars"] // 20 for row in table)
    with pytest.raises(InvalidInput, match="got 'subject'; sample 0 of task 'facts' has level"):
        read_inspect(FILES / "facts", fields="subject")


def test_costs_are_of_the_calls_before_grading(prices):
    """The model grades itself here, and the log counts both as its usage."""
    sample = contents(log("selfmade"))["samples/0_epoch_1.json"]
    spent = sample["output"]["usage"]
    assert sample["model_usage"]["toy/small"]["input_tokens"] > 10 * spent["input_tokens"]
    row = read_inspect(FILES / "selfmade", prices=prices).table.to_pylist()[0]
    assert row["cost"] == (2 * spent["input_tokens"] + 10 * spent["output_tokens"]) / 1e6


def test_a_call_that_failed_and_was_made_again_costs_once(changed, prices):
    def change(sample):
        (call, *_) = [event for event in sample["events"] if event["event"] == "model"]
        failed = {**call, "output": {"choices": []}, "error": "ValueError('too many')"}
        return {**sample, "events": [failed, *sample["events"]]}

    once, twice = (
        read_inspect(file, prices=prices).table["cost"].to_pylist()
        for file in (log("selfmade"), changed(log("selfmade"), change))
    )
    assert once == twice


def test_costs_by_a_table_or_by_the_log(changed, prices):
    usage = {
        "input_tokens": 1_000_000,
        "input_tokens_cache_read": 1_000_000,
        "input_tokens_cache_write": 1_000_000,
        "output_tokens": 1_000_000,
        "total_cost": 7.0,
    }
    file = changed(log("facts"), lambda sample: {**sample, "model_usage": {"toy/small": usage}})
    assert set(read_inspect(file, prices=prices).table["cost"].to_pylist()) == {2 + 0.5 + 2 + 10}
    assert set(read_inspect(file, prices="log").table["cost"].to_pylist()) == {7.0}
    with pytest.raises(InvalidInput, match="do not tell what a call cost; write prices=FILE"):
        read_inspect(FILES / "facts", prices="log")
    with pytest.raises(UnknownName, match="no model in the table of prices 'toy/large'"):
        read_inspect(FILES / "facts", prices=prices)


def test_a_run_that_was_stopped_has_no_header_yet(changed, tmp_path):
    file = log("facts")
    members = contents(file)
    stopped = tmp_path / "stopped.eval"
    with zipfile.ZipFile(stopped, "w") as archive:
        archive.writestr("_journal/start.json", json.dumps(members["header.json"]))
        archive.writestr("samples/3_epoch_1.json", json.dumps(members["samples/3_epoch_1.json"]))
    assert list(outcomes(read_inspect(stopped))) == [("facts/3", "toy/small")]


def test_what_is_no_log_is_refused(tmp_path):
    shutil.copytree(FILES / "letters", tmp_path / "logs")
    (tmp_path / "logs" / "eval-set.json").write_text("{}")
    assert len(read_inspect(tmp_path / "logs", scorer="graded").table) == 4
    with pytest.raises(UnreadableFile, match="no log of Inspect, which has an entry eval"):
        read_inspect(tmp_path / "logs" / "eval-set.json")
    with pytest.raises(UnreadableFile, match="There is no log of Inspect"):
        read_inspect(FILES.parent / "lm_eval" / "chosen")
    whole = log("facts").read_bytes()
    for start in (len(whole) // 2, 0):
        (tmp_path / "half.eval").write_bytes(whole[:start])
        with pytest.raises(UnreadableFile, match="no whole zip file"):
            read_inspect(tmp_path / "half.eval")
    with zipfile.ZipFile(log("facts")) as archive:
        place = archive.getinfo("samples/0_epoch_1.json").header_offset
    for damage in (place, place + 200):  # where the member begins, and in the midst of it
        bad = bytearray(whole)
        bad[damage : damage + 8] = bytes(8)
        (tmp_path / "bad.eval").write_bytes(bad)
        with pytest.raises(UnreadableFile, match=r"'samples/0_epoch_1.json' in .* cannot be unpac"):
            read_inspect(tmp_path / "bad.eval")


@pytest.mark.parametrize("lost", ["id", "epoch", "input"])
def test_a_sample_that_lacks_its_name_is_refused(changed, lost):
    def change(sample):
        return {key: value for key, value in sample.items() if key != lost}

    with pytest.raises(UnreadableFile, match="or a sample's id, epoch and input"):
        read_inspect(changed(log("broken"), change))


def test_one_command_reads_it(cede, tmp_path):
    done = cede("fit", FILES / "facts", "--from", "inspect", "--model", "toy/small")
    assert "Held out" in done.words
    assert (tmp_path / "router" / "router.json").is_file()
