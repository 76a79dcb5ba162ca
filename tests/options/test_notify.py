"""`--notify`: people are told of what changed, and a channel that fails is named without its secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.builders import KB3063913
from tests.services import SECRET, running_web

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from moveready.lab.server import Lab
    from tests.services import WebService

    RunChecks = Callable[..., pytest.RunResult]

EX02 = ("--limit=ex02", KB3063913)


@pytest.fixture
def inbox() -> Iterator[WebService]:
    """Somebody who is notified."""
    with running_web() as service:
        yield service


@pytest.mark.heavy
def test_people_are_told_once(run_checks: RunChecks, inbox: WebService, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first run is news, the same again is none, unless somebody wants it always."""
    monkeypatch.setenv("CHANNEL", inbox.channel().url.reveal())
    for args in ((), (), ("--notify-always",)):
        assert run_checks(*EX02, "--notify=env:CHANNEL", *args).ret == 1

    assert len(inbox.received) == 2
    assert "ex02.contoso.com" in inbox.received[0]["message"]


def test_channel_that_fails_is_named_without_its_secret(
    run_checks: RunChecks,
    inbox: WebService,
    monkeypatch: pytest.MonkeyPatch,
    pytester: pytest.Pytester,
) -> None:
    """In the terminal and in every report; the run ends as it would have."""
    monkeypatch.setenv("CHANNEL", inbox.channel().url.reveal().replace(str(inbox.port), "9"))
    result = run_checks(*EX02, "--notify=env:CHANNEL")

    assert result.ret == 1
    written = [file.read_bytes() for file in (pytester.path / "reports").iterdir() if file.is_file()]
    assert b"json (127.0.0.1)" in (pytester.path / "reports" / "run.json").read_bytes()
    assert SECRET not in result.stdout.str() + result.stderr.str()
    assert not [content for content in written if SECRET.encode() in content]


@pytest.mark.heavy
def test_missed_message_is_made_up_for(
    run_checks: RunChecks, inbox: WebService, monkeypatch: pytest.MonkeyPatch, pytester: pytest.Pytester
) -> None:
    """By the next run, although nothing has changed since."""
    url = inbox.channel().url.reveal()
    for channel in (url.replace(str(inbox.port), "9"), url, url):
        monkeypatch.setenv("CHANNEL", channel)
        assert run_checks(*EX02, "--notify=env:CHANNEL").ret == 1

    assert len(inbox.received) == 1
    assert not (pytester.path / "reports" / "not-notified.txt").exists()


@pytest.mark.heavy
def test_missed_change_is_told_with_the_next_message(
    pytester: pytest.Pytester, demo: Lab, inbox: WebService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though nothing has changed since the run whose message was lost."""
    url = inbox.channel().url.reveal()
    text = demo.inventory_file.read_text(encoding="utf-8")
    file = demo.inventory_file.with_name("waiving.yaml")
    waiver = "{control: KB3063913, servers: [ex02.contoso.com], reason: it is replaced, until: 2999-12-31}"
    waiving, broken = f"{text}waivers:\n  - {waiver}\n", url.replace(str(inbox.port), "9")
    lines = []
    for content, channel in ((text, url), (waiving, broken), (waiving, url), (waiving, url)):
        file.write_text(content, encoding="utf-8")
        monkeypatch.setenv("CHANNEL", channel)
        result = pytester.runpytest_subprocess(f"--inventory={file}", *EX02, "--notify=env:CHANNEL")
        lines += [line for line in result.outlines if "otified" in line]

    assert len(inbox.received) == 2
    assert "Newly waived: 3" in inbox.received[1]["message"]
    assert lines == [
        "Notified: 1 of 1 channel",
        "Notified: 0 of 1 channel",
        "Notified: 1 of 1 channel",
        "Nobody was notified: nothing has changed",
    ]


def test_inventory_names_channels_too(
    pytester: pytest.Pytester, demo: Lab, inbox: WebService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For runs that nobody types."""
    monkeypatch.setenv("CHANNEL", inbox.channel().url.reveal())
    text = demo.inventory_file.read_text(encoding="utf-8")
    file = demo.inventory_file.with_name("notifying.yaml")
    file.write_text(f"{text}notify: ['env:CHANNEL']\n", encoding="utf-8")
    pytester.runpytest_subprocess(f"--inventory={file}", *EX02)

    assert len(inbox.received) == 1


@pytest.mark.parametrize("value", ["env:NOBODY_SET_THIS", "no url at all"])
def test_channel_that_is_none_is_a_usage_error(run_checks: RunChecks, value: str) -> None:
    """Before any server is asked, and without the value."""
    result = run_checks(f"--notify={value}")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "no url at all" not in result.stderr.str()
