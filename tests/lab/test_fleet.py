"""The file of a simulated fleet."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from moveready.errors import FleetFileError
from moveready.lab.fleet import (
    DEMO_FLEET,
    ChannelName,
    EndpointFact,
    EventFacts,
    Fix,
    Flag,
    Fleet,
    PhaseName,
    RestartFacts,
    RestartOutcome,
    Role,
    ServerFacts,
    Switch,
    Version,
    fleet_from,
    read_fleet,
)

GUIDE = Path(__file__).parents[2] / "docs" / "the-lab.md"
WORDS = (ChannelName, EndpointFact, Fix, Flag, PhaseName, RestartOutcome, Role, Switch)


def problems(tmp_path: Path, text: str) -> list[str]:
    """The mistakes of a file with this text, as `line: problem. hint`."""
    file = tmp_path / "fleet.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(FleetFileError) as caught:
        read_fleet(file)
    return [str(mistake).removeprefix(f"{file}:") for mistake in caught.value.mistakes]


def test_the_demo_has_a_server_for_every_row_of_the_truth_table() -> None:
    """ex01 and so on, of which one is idle, one Exchange 2010 and one without a directory."""
    servers = {facts.name.partition(".")[0]: facts for facts in read_fleet(DEMO_FLEET).servers}

    assert list(servers) == [f"ex{number:02d}" for number in range(1, len(servers) + 1)]
    assert servers["ex09"].down == frozenset(ChannelName)
    assert servers["ex11"].flag is Flag.ABSENT
    assert servers["ex12"].phase is PhaseName.IDLE
    assert servers["ex13"].version.is_2010


def test_copies_derive_their_names() -> None:
    """Copies are numbered in the host name; one copy keeps its name."""
    facts = fleet_from(servers=[{"name": "EX01.contoso.com", "copies": 2}, {"name": "ex02.contoso.com"}]).servers

    assert facts[0].names == ("ex01-0001.contoso.com", "ex01-0002.contoso.com")
    assert facts[1].names == ("ex02.contoso.com",)


@pytest.mark.parametrize(
    ("facts", "is_on"),
    [
        ({"flag": "on"}, True),
        ({"flag": False}, False),
        ({"flag": "absent"}, False),
        ({"flag": "on", "worker": "off"}, False),
        ({"flag": "absent", "worker": True}, True),
    ],
)
def test_the_worker_has_read_the_flag_unless_told_otherwise(facts: dict[str, object], is_on: bool) -> None:
    """`on` may arrive as a boolean, as YAML 1.1 tools write it."""
    (server,) = fleet_from(servers=[{"name": "ex01.contoso.com"} | facts]).servers

    assert server.worker_is_on is is_on


def test_a_status_needs_no_quotes() -> None:
    """`endpoint: 401` is a number in YAML and means the same as the text."""
    (server,) = fleet_from(servers=[{"name": "ex01.contoso.com", "endpoint": 401}]).servers

    assert server.endpoint is EndpointFact.UNAUTHORIZED


def test_versions_are_read_and_shown_as_exchange_does() -> None:
    """`15.2 (Build 1748.10)` shows as `Version 15.2 (Build 1748.10)`."""
    (server,) = fleet_from(servers=[{"name": "ex01.contoso.com", "version": "15.1 (Build 2375.7)"}]).servers

    assert server.version == Version(15, 1, 2375, 7)
    assert str(server.version) == "Version 15.1 (Build 2375.7)"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("name: ex01", "this is no full name"),
        ("name: 7", "this is no full name"),
        ("name: ex01.contoso.com\n    version: SE", "this is no version of Exchange"),
        ("name: ex01.contoso.com\n    version: 15.2", "this is no version of Exchange"),
        ("name: ex01.contoso.com\n    worker_started: 30", "this is no duration"),
        ("name: ex01.contoso.com\n    flag: maybe", "Write 'on', 'off' or 'absent'"),
        ("name: ex01.contoso.com\n    endpont: exchange", "Did you mean `endpoint`?"),
        ("name: ex01.contoso.com\n    down: [telnet]", "Write 'exchange', 'windows' or 'https'"),
    ],
)
def test_mistakes_are_told_with_their_line(tmp_path: Path, line: str, told: str) -> None:
    """Every mistake stands at its own line, with what to write instead."""
    (problem,) = problems(tmp_path, f"servers:\n  - {line}\n")

    assert problem.startswith(str(2 + line.count("\n")))
    assert told in problem


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    """A file is corrected in one go."""
    assert len(problems(tmp_path, "rbac: [Reader]\nservers:\n  - name: ex01\n    copies: 0\n")) == 3


def test_two_servers_of_one_host_name_are_a_mistake(tmp_path: Path) -> None:
    """Exchange knows servers by their short name, so copies and domains must not make one twice."""
    text = "servers:\n  - name: ex01.a.com\n  - name: ex02.a.com\n  - name: ex01.b.com\n"

    assert [problem[:2] for problem in problems(tmp_path, text)] == ["2:", "4:"]


def test_a_fleet_has_servers(tmp_path: Path) -> None:
    """An empty fleet is a mistake, not an empty lab."""
    assert len(problems(tmp_path, "servers: []\n")) == 1


def test_every_key_and_every_word_is_documented() -> None:
    """What the file may say stands in the guide."""
    text = GUIDE.read_text(encoding="utf-8")
    keys = {name for model in (Fleet, ServerFacts, EventFacts, RestartFacts) for name in model.model_fields}
    words = {word.value for kind in WORDS for word in kind}

    assert {name for name in keys | words if f"`{name}`" not in text} == set()


def test_the_guides_example_is_a_fleet(tmp_path: Path) -> None:
    """It can be copied as it stands."""
    blocks = re.findall(r"```yaml\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "fleet.yaml").write_text(blocks[0], encoding="utf-8")

    assert sum(len(facts.names) for facts in read_fleet(tmp_path / "fleet.yaml").servers) == 102
