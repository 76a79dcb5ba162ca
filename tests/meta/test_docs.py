"""What the documentation says is what the code does: options, controls, diagnoses, commands, links, examples."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from moveready.evidence import declared
from moveready.findings.controls import installed_controls
from moveready.findings.kb import declared_kbs
from moveready.findings.run_file import read_run
from moveready.gate.exit_code import NOT_EVALUATED, WAIVER_IS_DUE
from moveready.kb import load_rooms
from moveready.reporting.terminal import table_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from moveready.findings.kb import Kb

load_rooms()

ROOT = Path(__file__).parents[2]
UNREAD = {".git", ".nox", ".venv", "node_modules", "build", "dist"}
COMMANDS = (
    'python -m pip install -e ".[lab]" && python -m pytest --lab',
    'python -m pip install -e ".[dev]" && python -m pytest tests',
)
FENCE = re.compile(r"^```(?P<language>\w+)\n(?P<body>.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)")


def text_of(path: str) -> str:
    """A file of the repository."""
    return (ROOT / path).read_text(encoding="utf-8")


def markdown_files() -> list[Path]:
    """Every Markdown file that is ours."""
    return sorted(file for file in ROOT.rglob("*.md") if not UNREAD & set(file.relative_to(ROOT).parts))


def name_of(file: Path) -> str:
    """Its path in the repository, as the id of a test."""
    return file.relative_to(ROOT).as_posix()


def blocks(text: str, language: str) -> list[str]:
    """The fenced blocks of a language."""
    return [match["body"] for match in FENCE.finditer(text) if match["language"] == language]


def anchors_of(text: str) -> set[str]:
    """The anchors that GitHub and GitLab give to the headings."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    """The script that writes the pages of the controls."""
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs/controls/generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def helped(pytester: pytest.Pytester) -> list[str]:
    """The options that `pytest --help` shows in the groups of our two plugins."""
    lines = pytester.runpytest_subprocess("-p", "moveready.fixer", "--help").outlines
    starts = [number for number, line in enumerate(lines) if line.startswith(("moveready:", "moveready's fixer:"))]
    shown = [line for start in starts for line in lines[start : lines.index("", start)]]
    return [match[1] for line in shown if (match := re.match(r"  (--[\w-]+)", line))]


def documented_options() -> list[str]:
    """The options that have a heading in docs/options.md."""
    return re.findall(r"^### `(--[\w-]+)", text_of("docs/options.md"), re.MULTILINE)


def pages_of_kbs() -> list[str]:
    """The pages of KBs that have one of their own."""
    return [f"docs/kb/{file.name}" for file in sorted((ROOT / "docs/kb").glob("*.md"))]


def test_every_option_is_documented_and_exists(helped: list[str]) -> None:
    """docs/options.md has a section for each option of the plugins, and for nothing else."""
    assert sorted(documented_options()) == sorted(helped)


@pytest.mark.parametrize("option", documented_options())
def test_default_of_an_option_is_as_documented(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    """`Default: none` or `off` stands for an option that nothing sets."""
    monkeypatch.delenv("PYTEST_ADDOPTS")
    section = text_of("docs/options.md").split(f"### `{option}", 1)[1].split("\n#", 1)[0]
    default = re.search(r"^Default: `?([\w.]+?)`?[.,]", section, re.MULTILINE)
    real = pytester.parseconfig("-p", "moveready.fixer").getoption(option)

    assert default is not None
    assert default[1] == {None: "none", False: "off"}.get(real, real)


@pytest.mark.parametrize("option", documented_options())
def test_every_option_has_an_example(option: str) -> None:
    """A command to copy, in its own section."""
    section = text_of("docs/options.md").split(f"### `{option}", 1)[1].split("\n#", 1)[0]

    assert any(option in block for block in blocks(section, "console"))


def test_every_exit_code_is_documented() -> None:
    """Those of pytest, and ours; 13 is the fixer's."""
    section = text_of("docs/options.md").split("## Exit codes", 1)[1].split("\n## ", 1)[0]
    codes = {int(code) for code in re.findall(r"^\| (\d+) \|", section, re.MULTILINE)}

    assert codes == {*range(6), NOT_EVALUATED, WAIVER_IS_DUE, 13}


@pytest.mark.parametrize("kb", declared_kbs(), ids=lambda kb: kb.id)
def test_every_diagnosis_says_what_to_do_next(kb: Kb) -> None:
    """A section for each verdict of a KB, in the words of the table: on its own page, or with how to begin."""
    own = ROOT / f"docs/kb/{kb.id.lower()}.md"
    page = f"docs/kb/{own.name}" if own.exists() else "docs/getting-started.md"
    section = text_of(page).split("## Every diagnosis", 1)[1]
    headings = re.findall(r"^### (.+)$", section, re.MULTILINE)
    rules = importlib.import_module(kb.judge.__module__).RULES

    assert sorted(headings) == sorted(conclusion.value for conclusion in rules)


def test_every_evidence_is_documented() -> None:
    """Who writes a check reads which arguments there are."""
    text = "".join(map(text_of, ["docs/writing-a-check.md", *pages_of_kbs()]))

    assert [subject.name for subject in declared() if f"| `{subject.name}` |" not in text] == []


def test_pages_of_the_controls_are_up_to_date(generator: ModuleType) -> None:
    """If not: `python docs/controls/generate.py`."""
    pages = {file.name: file.read_text(encoding="utf-8") for file in (ROOT / "docs/controls").glob("*.md")}

    assert pages == generator.pages()


def test_every_control_has_its_page() -> None:
    """Those of KB 3063913 at least are found, and the index links each."""
    index = text_of("docs/controls/README.md")
    ids = [found.control.id for found in installed_controls()]

    assert {"KB3063913-1", "KB3063913-2", "KB3063913-3"} <= set(ids)
    assert [name for name in ids if f"({name}.md)" not in index] == []


def test_every_decision_is_listed_and_short() -> None:
    """The index has each record by its own title; 40 lines are the limit."""
    index = text_of("docs/adr/README.md")
    for file in (ROOT / "docs/adr").glob("[0-9]*.md"):
        text = file.read_text(encoding="utf-8")
        number, title = re.match(r"# (\d{4}): (.+)\n", text).groups()  # type: ignore[union-attr] # no match fails, too

        assert f"| [{number}]({file.name}) | {title} |" in index
        assert len(text.splitlines()) <= 40, file.name


def test_every_nox_session_is_told_to_contributors() -> None:
    """CONTRIBUTING.md names what `nox` can run."""
    sessions = re.findall(r"^@nox\.session.*\ndef (\w+)", text_of("noxfile.py"), re.MULTILINE)

    assert sessions
    assert [name for name in sessions if f"`nox -s {name}`" not in text_of("CONTRIBUTING.md")] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_readme_has_the_two_commands(command: str) -> None:
    """Each is a block of its own, ready to be copied."""
    assert f"{command}\n" in blocks(text_of("README.md"), "console")


def test_readme_shows_what_the_demo_prints(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """The table and the end, in 80 columns, to the letter; the line about the cost differs from run to run."""
    monkeypatch.setenv("COLUMNS", "80")
    lines = pytester.runpytest_subprocess("--lab").outlines
    start = lines.index(" servers ".center(80, "="))
    end = next(number for number, line in enumerate(lines) if re.match(r"\d+ controls on ", line))

    result = next(number for number, line in enumerate(lines) if line.startswith("Result: "))
    last = next(number for number, line in enumerate(lines) if line.startswith("Reports: "))

    table, ending = blocks(text_of("README.md"), "text")
    assert table == "\n".join(lines[start + 1 : end + 1]).strip("\n") + "\n"
    assert ending == "\n".join(lines[result : last + 1]) + "\n"


def test_sample_is_a_run_of_this_demo() -> None:
    """reports/sample can be read by this version, and shows the README's table."""
    run = read_run(ROOT / "reports/sample/run.json")

    assert table_text(run, 80).startswith(blocks(text_of("README.md"), "text")[0])


def test_sample_names_no_machine() -> None:
    """Its paths and its platform are shortened."""
    texts = [file.read_text(encoding="utf-8") for file in (ROOT / "reports/sample").iterdir()]

    assert [text for text in texts if re.search(r"moveready-lab-|x86_64|AMD64", text)] == []


@pytest.mark.parametrize("file", markdown_files(), ids=name_of)
def test_links_lead_somewhere(file: Path) -> None:
    """Every relative link has its file, and its heading where it names one."""
    dead = [target for target in links_of(file) if not leads_somewhere(file, target)]

    assert dead == []


def links_of(file: Path) -> Iterator[str]:
    """The links of a Markdown file that do not leave the repository."""
    for match in LINK.finditer(FENCE.sub("", file.read_text(encoding="utf-8"))):
        if not match["target"].startswith(("https://", "http://", "mailto:")):
            yield match["target"]


def leads_somewhere(file: Path, target: str) -> bool:
    """Whether the file of a link exists, and the heading in it."""
    path, _, anchor = target.partition("#")
    found = file.parent / path if path else file
    return found.exists() and (not anchor or anchor in anchors_of(found.read_text(encoding="utf-8")))


@pytest.mark.parametrize("file", markdown_files(), ids=name_of)
def test_python_examples_can_be_parsed(file: Path) -> None:
    """A block of Python in the docs is Python."""
    for block in blocks(file.read_text(encoding="utf-8"), "python"):
        ast.parse(block)


@pytest.fixture
def example(pytester: pytest.Pytester) -> list[str]:
    """The steps of docs/writing-a-check.md; its fleet and its first step lie in the current folder."""
    text = text_of("docs/writing-a-check.md")
    pytester.path.joinpath("fleet.yaml").write_text(blocks(text, "yaml")[0], encoding="utf-8")
    steps = blocks(text, "python")
    pytester.path.joinpath("test_own_front_end.py").write_text(steps[0], encoding="utf-8")
    return steps


def lab_commands() -> list[str]:
    """Every command of the docs that checks simulated servers, once; those of one page need the steps before them."""
    texts = [file.read_text(encoding="utf-8") for file in markdown_files() if file.name != "adding-a-kb.md"]
    lines = [line for text in texts for block in blocks(text, "console") for line in block.splitlines()]
    return sorted({line for line in lines if line.startswith("python -m pytest --lab")})


@pytest.mark.heavy
@pytest.mark.usefixtures("example")
@pytest.mark.parametrize("command", lab_commands())
def test_commands_of_the_docs_run(pytester: pytest.Pytester, command: str) -> None:
    """They end with an outcome, not with a usage error."""
    result = pytester.runpytest_subprocess(*shlex.split(command)[3:])

    assert result.ret in {0, 1, NOT_EVALUATED, WAIVER_IS_DUE}


@pytest.mark.parametrize(
    ("step", "ends"),
    [
        pytest.param(0, {"passed": 3}, marks=pytest.mark.heavy),
        pytest.param(1, {"passed": 1, "failed": 1, "errors": 1}, marks=pytest.mark.heavy),
        (2, {"passed": 1, "failed": 1, "errors": 1}),
    ],
)
def test_steps_of_writing_a_check_end_as_told(
    pytester: pytest.Pytester, example: list[str], step: int, ends: dict[str, int]
) -> None:
    """On the broken fleet the first step sees nothing; with evidence, ex02 fails and ex03 is an error."""
    pytester.path.joinpath("test_own_front_end.py").write_text(example[step], encoding="utf-8")
    result = pytester.runpytest_subprocess("--lab", "--lab-fleet=fleet.yaml", "test_own_front_end.py")

    result.assert_outcomes(**ends)


def test_example_of_a_control_is_a_testcase(pytester: pytest.Pytester, example: list[str]) -> None:
    """With the name that docs/writing-a-check.md tells."""
    pytester.path.joinpath("test_own_front_end.py").write_text(example[2], encoding="utf-8")
    pytester.runpytest_subprocess("--lab", "--lab-fleet=fleet.yaml", "test_own_front_end.py")
    name = "CONTOSO-1 The server answers for itself [ex02.contoso.com]"

    assert name in text_of("docs/writing-a-check.md")
    assert name in (pytester.path / "reports/junit.xml").read_text(encoding="utf-8")
