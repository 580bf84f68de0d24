"""Configs: a mistake is said in a sentence."""

import pytest
from made_papers import one, run

import cede_papers


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("seed = [", "full.toml is no TOML"),
        ("[won]\n", "no part or setting in full.toml 'won'. Did you mean 'two'"),
        ('seed = "a"\n[one]\n', "seed in full.toml must be of type int, but got 'a'"),
        ("one = 3\n", "one in full.toml must be a table, but got 3"),
        ("[one]\nbase = 0\n", r"\[one\] in the config must name 'n', but got \['base'\]"),
    ],
)
def test_a_config_with_a_mistake_is_refused(paper, text, sentence):
    (paper / "configs" / "full.toml").write_text(text, encoding="utf-8")
    with pytest.raises(SystemExit, match=sentence):
        run(paper)


def test_a_setting_that_the_full_config_does_not_know_is_refused(paper):
    text = "[one]\nbase = 0\nn = 2\nbass = 3\n"
    (paper / "configs" / "tiny.toml").write_text(text, encoding="utf-8")
    with pytest.raises(SystemExit, match=r"no setting of \[one\] in tiny.toml 'bass'.*'base'"):
        run(paper, "--config", "tiny")


def test_settings_within_settings_say_what_they_lack(paper):
    text = "[one]\nbase = 0\nn = 2\n[one.inner]\na = 1\n"
    (paper / "configs" / "full.toml").write_text(text, encoding="utf-8")
    part = one()
    part.measure = lambda settings, run: run.map(inner, [settings, settings])
    with pytest.raises(SystemExit, match=r"\[one\].inner in the config must name 'b'"):
        cede_papers.main(paper / "run.py", {"one": part}, ["--workers", "2"])


def inner(settings):
    return settings["inner"]["b"]
