"""Pages: they are what the reports say."""

import pytest
from made_papers import README, run

from cede.exceptions import UnknownName
from cede_papers import Claim


def test_check_passes_until_a_table_is_not_its_report_s(paper, capsys):
    run(paper)
    run(paper, "--check")
    assert "is what the reports say" in capsys.readouterr().out
    page = paper / "README.md"
    text = page.read_text(encoding="utf-8")
    page.write_text(text.replace("[4, 9, 16]", "[4, 9, 17]"), encoding="utf-8")
    with pytest.raises(SystemExit, match=r"for one; write it anew with: python .*--from-report"):
        run(paper, "--check")
    assert "[4, 9, 17]" in page.read_text(encoding="utf-8")
    run(paper, "--from-report")
    assert page.read_text(encoding="utf-8") == text


def test_reports_elsewhere_can_be_shown_and_checked_again(paper, tmp_path, capsys):
    out = tmp_path / "out"
    run(paper, "--seed", "5", "--out", str(out))
    (out / "README.md").write_text(README, encoding="utf-8")
    with pytest.raises(SystemExit, match="must be what the reports say"):
        run(paper, "--check", "--out", str(out))
    run(paper, "--from-report", "--out", str(out))
    run(paper, "--check", "--out", str(out))
    assert "[25, 36, 49]" in (out / "README.md").read_text(encoding="utf-8")
    with pytest.raises(SystemExit):
        run(paper, "--check", "--seed", "5")
    assert "leave out --seed" in capsys.readouterr().err


def test_a_page_without_a_block_is_refused_before_anything_is_measured(paper):
    (paper / "README.md").write_text("# Nothing\n", encoding="utf-8")
    with pytest.raises(SystemExit, match="must hold one block <!-- claims: begin -->"):
        run(paper)
    assert not (paper / "reports").exists()


def test_a_verdict_is_one_of_four():
    with pytest.raises(UnknownName, match=r"'Reproduced'.*reproduced in direction"):
        Claim("a", "b", "c", "d", "Reproduced")
