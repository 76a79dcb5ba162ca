"""Guards `moveready.inventory.load`: files and folders to an inventory, or every mistake at once."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moveready.errors import InventoryError
from moveready.inventory import Inventory, fingerprint_of, load_inventory

GOOD = "organization: {name: x, exchange: [ex01.a.com]}\nservers: [ex01.a.com]\n"
EXAMPLE = Path(__file__).parents[2] / "inventory" / "example.yaml"
WORDS = [
    "organization",
    "servers",
    "groups",
    "defaults",
    "credentials",
    "tls",
    "name",
    "exchange",
    "password",
    "ports",
    "phase",
    "ex01.a.com",
    "moving",
    "env:X",
    "basic",
    "group",
    "g",
    "credential",
    "auth",
    "5",
    "null",
    "true",
    "x",
    "fix",
    "window",
    "from",
    "to",
    "time_zone",
    "Europe/Berlin",
    "22:00",
    "wait",
    "90s",
    "&a",
    "*a",
    "!t",
]
YAML_PIECES = st.lists(st.sampled_from([*WORDS, ": ", "\n", "\n  ", "\n- ", "{", "}", "[", "]", ", "]), max_size=30)
PLAIN = st.sampled_from(WORDS) | st.none() | st.booleans() | st.integers()
ANY_DATA = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=5)
)

EVERY_MISTAKE = """\
organization:
  name: contoso.com
  exchange: [ex01.contoso.com, ex_3.contoso.com]
  credential: reeder
tls: {verify: 1}
fix: {window: {days: [sat], from: 22:00, to: 22:00, time_zone: Europe/Berlinn}, wait: 2h}
groups:
  frankfurt: {site: 5}
  frankfurt: {}
servers:
  - name: ex01.contoso.com
    group: frankfort
    ports: {htps: 5}
  - EX01.contoso.com
  - 10.1.2.3
  - name: ex05.contoso.com
    fix: yes
    credential: b
server: 1
credentials:
  reader: {username: x, password: hunter2}
  b: {username: x, password: 'env:NOPE'}
"""

EVERY_LINE = """\
3: this is not an FQDN
4: unknown credential `reeder`
5: `verify` must be `true` or `false`
6: the window closes when it opens
6: unknown time zone
6: this wait is too long or below zero
8: `site` must be text
9: `frankfurt` is written twice, first in line 8
12: unknown group `frankfort`
13: unknown key `htps`
14: `ex01.contoso.com` is given twice in the inventory, first in prod.yaml:11
15: this is an address, not a name
17: `fix` has a value that is not known here
19: unknown key `server`
21: a password must not be in the file
22: the environment variable NOPE is not set
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, so that paths in messages are short."""
    monkeypatch.chdir(tmp_path)
    return Path()


def mistakes_of(path: Path) -> list[str]:
    """Every mistake of an inventory, as people read it."""
    with pytest.raises(InventoryError) as caught:
        load_inventory(path, {})
    return str(caught.value).splitlines()


def test_the_example_is_a_valid_inventory() -> None:
    """What people copy works."""
    inventory = load_inventory(EXAMPLE, {"MOVEREADY_PASSWORD": "secret"})

    assert [server.netbios for server in inventory.servers] == ["EX01", "EX02", "EX03", "EX04"]
    assert [server.fix_allowed for server in inventory.servers] == [True, False, False, False]
    assert inventory.fix.window is not None
    assert inventory.fix.window.text == "Sat, Sun 22:00-04:00 Europe/Berlin"


def test_every_mistake_is_told_at_once(folder: Path) -> None:
    """In the order of the file, none hidden by another, no password shown."""
    (folder / "prod.yaml").write_text(EVERY_MISTAKE, encoding="utf-8")
    mistakes = mistakes_of(folder / "prod.yaml")

    assert [mistake.removeprefix("prod.yaml:").partition(". ")[0] for mistake in mistakes] == EVERY_LINE.splitlines()
    assert "hunter2" not in str(mistakes)


def test_a_file_is_an_inventory_with_its_fingerprint(folder: Path) -> None:
    """As `sha256sum` prints it, whatever the suffix."""
    (folder / "prod.txt").write_bytes(GOOD.encode())
    inventory = load_inventory(folder / "prod.txt", {})

    assert inventory.files == (Path("prod.txt"),)
    assert inventory.fingerprint == hashlib.sha256(GOOD.encode()).hexdigest()


def test_a_folder_is_one_inventory(folder: Path) -> None:
    """YAML files by name; others, hidden ones and folders are not read."""
    (folder / "b.yaml").write_text("servers: [ex02.a.com]\n", encoding="utf-8")
    (folder / "a.YML").write_text(GOOD, encoding="utf-8")
    for ignored in (".c.yaml", "d.txt"):
        (folder / ignored).write_text("[", encoding="utf-8")
    (folder / "e.yaml").mkdir()
    inventory = load_inventory(folder, {})

    assert inventory.files == (Path("a.YML"), Path("b.yaml"))
    assert [server.netbios for server in inventory.servers] == ["EX01", "EX02"]


def test_the_fingerprint_of_a_folder_is_of_all_its_files(folder: Path) -> None:
    """A change of any of them shows."""
    (folder / "a.yaml").write_text(GOOD, encoding="utf-8")
    (folder / "b.yaml").write_text("servers: [ex02.a.com]\n", encoding="utf-8")
    before = load_inventory(folder, {}).fingerprint
    (folder / "b.yaml").write_text("servers: [ex03.a.com]\n", encoding="utf-8")

    assert load_inventory(folder, {}).fingerprint != before


def test_mistakes_of_all_files_of_a_folder_are_told(folder: Path) -> None:
    """File by file; a file that cannot be read does not hide the others, nor make sections missing."""
    (folder / "a.yaml").write_text("servers: [\n", encoding="utf-8")
    (folder / "b.yaml").write_text("groups: {g: {x: 1}}\n", encoding="utf-8")

    assert [mistake.partition(". ")[0] for mistake in mistakes_of(folder)] == [
        "a.yaml:2: this is not YAML",
        "b.yaml:1: unknown key `x`",
    ]


def test_an_empty_folder_is_a_mistake(folder: Path) -> None:
    """Nothing to check is never all right."""
    assert mistakes_of(folder) == [
        ".: the folder has no *.yaml or *.yml file. Write an inventory such as inventory/example.yaml into it."
    ]


def test_a_path_that_is_not_there_is_a_mistake(folder: Path) -> None:
    """Not a traceback."""
    assert mistakes_of(folder / "x.yaml") == [
        "x.yaml: the file cannot be read (No such file or directory). Check its path and its permissions."
    ]


def test_a_path_that_cannot_exist_is_a_mistake(folder: Path) -> None:
    """Whatever the system says about it."""
    (mistake,) = mistakes_of(folder / ("x" * 5000))

    assert "cannot be" in mistake


def test_aliases_of_aliases_do_not_multiply(folder: Path) -> None:
    """A few lines that would stand for 10 to the power of 30 names are refused at once."""
    levels = "\n".join(f"  - &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 31))
    (folder / "prod.yaml").write_text(f"servers:\n  - &l0 x\n{levels}\n", encoding="utf-8")

    assert len(mistakes_of(folder / "prod.yaml")) == 32


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("", ["the file is empty"]),
        ("{}", ["there is no `organization`", "the inventory has no servers"]),
        ("organization:\nservers: [a.b]\n", ["there is no `organization`"]),
        ("organization: {name: x, exchange: [a.b]}\nservers: []\n", ["the inventory has no servers"]),
    ],
)
def test_an_empty_inventory_is_a_mistake(folder: Path, text: str, problems: list[str]) -> None:
    """Nothing to check is never all right."""
    (folder / "prod.yaml").write_text(text, encoding="utf-8")

    assert [mistake.partition(". ")[0] for mistake in mistakes_of(folder / "prod.yaml")] == [
        f"prod.yaml: {problem}" for problem in problems
    ]


def test_one_mistake_is_not_told_as_another(folder: Path) -> None:
    """A server with a mistake is a server, an organization with a mistake is an organization."""
    (folder / "prod.yaml").write_text("organization: 5\nservers: [5]\n", encoding="utf-8")

    assert len(mistakes_of(folder / "prod.yaml")) == 2


def test_aliases_repeat_sections(folder: Path) -> None:
    """What stands behind an alias is known as if it were written there."""
    text = "organization: {name: x, exchange: &all [ex01.a.com, ex02.a.com]}\nservers: *all\n"
    (folder / "prod.yaml").write_text(text, encoding="utf-8")

    assert [server.netbios for server in load_inventory(folder / "prod.yaml", {}).servers] == ["EX01", "EX02"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # the file is written anew each time
@given(YAML_PIECES.map("".join) | ANY_DATA.map(repr))
def test_any_text_is_an_inventory_or_has_mistakes(tmp_path: Path, text: str) -> None:
    """Whatever people write, they never see a traceback."""
    file = tmp_path / "any.yaml"
    file.write_text(text, encoding="utf-8")
    try:
        assert isinstance(load_inventory(file, {}), Inventory)
    except InventoryError as failure:
        assert failure.mistakes  # noqa: PT017 - either way is right


def test_fingerprint_needs_no_password(tmp_path: Path) -> None:
    """It is that of the inventory, of a file and of a folder; a mistake that has nothing to do with it is none."""
    file = tmp_path / "prod.yaml"
    file.write_text(GOOD, encoding="utf-8", newline="\n")
    (tmp_path / "waivers.yaml").write_text("waivers: []\n", encoding="utf-8", newline="\n")
    known = {fingerprint_of(path): load_inventory(path, {}).fingerprint for path in (file, tmp_path)}
    file.write_text(
        f"{GOOD}credentials: {{a: {{username: u, password: env:NOT_SET}}}}\n", encoding="utf-8", newline="\n"
    )

    assert list(known) == list(known.values())
    assert fingerprint_of(file) not in known


@pytest.mark.parametrize("text", ["a: [", "a: 1\na: 2\n", ""])
def test_fingerprint_of_what_is_no_inventory(text: str, tmp_path: Path) -> None:
    """As `load_inventory` says it."""
    (tmp_path / "prod.yaml").write_text(text, encoding="utf-8", newline="\n")

    with pytest.raises(InventoryError, match=r"prod\.yaml"):
        fingerprint_of(tmp_path / "prod.yaml")
    with pytest.raises(InventoryError, match=r"missing\.yaml"):
        fingerprint_of(tmp_path / "missing.yaml")
