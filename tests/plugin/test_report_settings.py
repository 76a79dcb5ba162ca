"""The options of the reports become checked values; what they do is tested in tests/options."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from moveready.gate.exit_code import FailOn
from moveready.inventory import Inventory, Organization, Secret
from moveready.plugin.report_settings import read_report_settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from moveready.plugin.report_settings import ReportSettings

URL = "json://user:secret@somewhere.contoso.com/token"


@pytest.fixture
def read(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Callable[..., ReportSettings]:
    """Read the options of a command line, with an inventory that notifies these channels."""
    monkeypatch.delenv("PYTEST_ADDOPTS")

    def build(*args: str, notify: tuple[str, ...] = (), **environ: str) -> ReportSettings:
        inventory = Inventory(Organization("contoso", ()), (), (Path("prod.yaml"),), "0", notify=notify)
        return read_report_settings(pytester.parseconfig(*args), inventory, Path("out"), environ)

    return build


def test_nothing_is_asked_for(read: Callable[..., ReportSettings]) -> None:
    """The history stands among the reports, and any finding fails the run."""
    settings = read()

    assert (settings.history, settings.history_keep.days) == (Path("out/history.sqlite"), 400)
    assert (settings.gate, settings.gate_key, settings.fail_on, settings.channels) == (False, None, None, ())


def test_everything_is_asked_for(read: Callable[..., ReportSettings]) -> None:
    """Keys and channels come by reference; channels of the inventory stand beside those of the command line."""
    settings = read(
        "--history=all.sqlite",
        "--history-keep=30d",
        "--gate",
        "--gate-key=env:KEY",
        "--fail-on=high",
        "--fail-on-unknown",
        "--fail-on-unlisted",
        "--notify=env:ONE",
        "--report-link=https://ci/1",
        notify=("env:TWO",),
        KEY="k" * 16,
        ONE=URL,
        TWO="slack://a/b/c",
    )

    assert (settings.history, settings.history_keep.days) == (Path("all.sqlite"), 30)
    assert (settings.gate_key, settings.fail_on, settings.link) == (Secret("k" * 16), FailOn.HIGH, "https://ci/1")
    assert settings.fail_on_unknown
    assert settings.fail_on_unlisted
    assert [channel.name for channel in settings.channels] == ["json (somewhere.contoso.com)", "slack"]


@pytest.mark.parametrize(
    ("args", "environ"),
    [
        (("--gate-key=env:KEY",), {"KEY": "k" * 16}),
        (("--gate", "--gate-key=env:KEY"), {}),
        (("--gate", "--gate-key=env:KEY"), {"KEY": "short"}),
        (("--gate", "--gate-key=the-key-itself-on-the-line"), {}),
        (("--history-keep=long",), {}),
        (("--notify=env:CHANNEL",), {}),
        (("--notify=env:CHANNEL",), {"CHANNEL": "no url, but secret"}),
        (("--compare=absent.json",), {}),
        (("--compare=nobody",), {}),
    ],
)
def test_other_values_are_refused(
    read: Callable[..., ReportSettings], args: tuple[str, ...], environ: dict[str, Any]
) -> None:
    """In one sentence, without what may be secret."""
    with pytest.raises(pytest.UsageError) as caught:
        read(*args, **environ)
    assert "secret" not in str(caught.value)
    assert "the-key-itself" not in str(caught.value)
