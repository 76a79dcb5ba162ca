"""A pipeline is handed the summary, and a run never fails over it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from moveready.reporting.step_summary import publish_step_summary

if TYPE_CHECKING:
    from pathlib import Path

SUMMARY = "## READY\n\ngrößer\n".encode()


@pytest.fixture
def summary(tmp_path: Path) -> Path:
    """A summary."""
    file = tmp_path / "summary.md"
    file.write_bytes(SUMMARY)
    return file


def test_outside_of_a_pipeline_nothing_is_done(summary: Path) -> None:
    """Empty names count as none."""
    assert publish_step_summary(summary, {"GITHUB_STEP_SUMMARY": "", "TF_BUILD": ""}) == ""


def test_github_gets_it_after_what_is_there(summary: Path, tmp_path: Path) -> None:
    """The file is that of the step, and earlier commands may have written to it without an end of line."""
    step_file = tmp_path / "step"
    step_file.write_bytes(b"earlier")

    assert publish_step_summary(summary, {"GITHUB_STEP_SUMMARY": str(step_file)}) == ""
    assert step_file.read_bytes() == b"earlier\n" + SUMMARY


def test_github_may_not_have_made_the_file(summary: Path, tmp_path: Path) -> None:
    """Then it is made."""
    publish_step_summary(summary, {"GITHUB_STEP_SUMMARY": str(tmp_path / "step")})

    assert (tmp_path / "step").read_bytes() == b"\n" + SUMMARY


def test_azure_gets_a_command_with_the_whole_path(
    summary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its agent does not know our working directory."""
    monkeypatch.chdir(tmp_path)
    command = publish_step_summary(summary.relative_to(tmp_path), {"TF_BUILD": "True"})

    assert command == f"##vso[task.uploadsummary]{summary.resolve()}"


def test_azure_reads_a_percent_sign_back(summary: Path, tmp_path: Path) -> None:
    """Else `%0A` in the name of a folder were a line feed."""
    folder = tmp_path / "50%0A"
    folder.mkdir()
    command = publish_step_summary(summary.rename(folder / "summary.md"), {"TF_BUILD": "True"})

    assert command == f"##vso[task.uploadsummary]{tmp_path.resolve() / '50%AZP250A' / 'summary.md'}"


@pytest.mark.parametrize(
    "environ",
    [{"TF_BUILD": "True"}, {"GITHUB_STEP_SUMMARY": "step"}],
    ids=["azure", "github"],
)
def test_summary_that_is_not_there_is_a_sentence(
    environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Azure's agent would fail the step for it."""
    monkeypatch.chdir(tmp_path)
    said = publish_step_summary(tmp_path / "summary.md", environ)

    assert said.startswith("moveready: the pipeline cannot show summary.md: ")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("step_file", ["", "missing/step", "nul\0"], ids=["folder", "missing", "nul"])
def test_file_that_cannot_be_written_is_a_sentence(step_file: str, summary: Path, tmp_path: Path) -> None:
    """Whatever the pipeline gives, the run has its own exit code."""
    said = publish_step_summary(summary, {"GITHUB_STEP_SUMMARY": f"{tmp_path}/{step_file}"})

    assert said.startswith("moveready: the pipeline cannot show summary.md: ")
    assert "\0" not in said
