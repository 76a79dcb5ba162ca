"""Channels are named so that people know which one is meant, and nobody learns a secret."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moveready.notify.channel import channels_from, safe_name_of

NOWHERE = Path()
SECRET = "hunter2"
SECRETS = (st.text(max_size=8) | st.text("/?#@:&=%.a", max_size=8)).flatmap(
    lambda tail: st.sampled_from([SECRET + tail, tail + SECRET, f"a.{SECRET}{tail}"])
)
"""With any characters around it: those that divide a URL too, as people forget to escape them."""


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("mailtos://user:password@smtp.contoso.com", "mailtos (smtp.contoso.com)"),
        ("MAILTO://SMTP.contoso.com:25?mode=ssl&to=admin@contoso.com", "mailto (smtp.contoso.com)"),
        ("mailto://smtp.contoso.com?password@contoso.com", "mailto"),
        ("mailto://SMTP.contoso.com:25/admin%40contoso.com", "mailto (smtp.contoso.com)"),
        ("mailto://user:pass@word@smtp.contoso.com", "mailto"),
        ("json://127.0.0.1:8080/path", "json (127.0.0.1)"),
        ("https://hooks.slack.com/services/T0/B0/X0", "https (hooks.slack.com)"),
        ("slack://token-a/token-b/token-c", "slack"),
        ("ntfy://topic.of.mine", "ntfy"),
        ("mailto://smtp", "mailto"),
        ("user:password@contoso.com", "channel"),
        ("", "channel"),
    ],
)
def test_name(url: str, name: str) -> None:
    """The scheme; the host where it is that of a server and nothing else can be meant."""
    assert safe_name_of(url) == name


@pytest.mark.parametrize("scheme", ["mailto", "mailtos", "json", "https", "slack", "discord", "tgram"])
@given(user=SECRETS, password=SECRETS, token=SECRETS)
def test_name_shows_no_secret(scheme: str, user: str, password: str, token: str) -> None:
    """Neither user nor password, path, query or fragment, whatever characters they have."""
    for url in (
        f"{scheme}://{user}:{password}@smtp.contoso.com:25/{token}?pass={token}#{token}",
        f"{scheme}://{user}@smtp.contoso.com",
        f"{scheme}://smtp.contoso.com/{token}",
        f"{scheme}://smtp.contoso.com?user={user}&pass={password}",
    ):
        assert SECRET not in safe_name_of(url).lower()


@given(token=SECRETS, rest=st.text())
def test_name_of_a_service_shows_no_host(token: str, rest: str) -> None:
    """In the URLs of most services the host is a token."""
    assert safe_name_of(f"slack://{token}/{rest}") == "slack"


def test_representation_shows_no_url() -> None:
    """Tracebacks and logs show values by it."""
    channels = channels_from([f"slack://{SECRET}/b/c"], NOWHERE, {})

    assert SECRET not in repr(channels)


def test_channels_of_one_name_are_numbered() -> None:
    """Two of a service are told apart; each is there once."""
    values = ["slack://a/b/c", "mailto://smtp.contoso.com", "slack://d/e/f", "slack://a/b/c"]

    channels = channels_from(values, NOWHERE, {})

    assert [channel.name for channel in channels] == ["slack #1", "mailto (smtp.contoso.com)", "slack #2"]
    assert [channel.url.reveal() for channel in channels] == [
        "slack://a/b/c",
        "mailto://smtp.contoso.com",
        "slack://d/e/f",
    ]


def test_mail_is_known() -> None:
    """It is what takes HTML."""
    channels = channels_from(["MailTos://smtp.contoso.com", "slack://a/b/c"], NOWHERE, {})

    assert [channel.is_mail for channel in channels] == [True, False]


def test_url_may_come_by_reference(tmp_path: Path) -> None:
    """From the environment, or from a file beside the inventory."""
    (tmp_path / "chat.txt").write_text("slack://a/b/c\n", encoding="utf-8")
    (tmp_path / "chat.txt").chmod(0o600)

    channels = channels_from(["env:MAIL", "file:chat.txt"], tmp_path, {"MAIL": "mailto://smtp.contoso.com"})

    assert [channel.url.reveal() for channel in channels] == ["mailto://smtp.contoso.com", "slack://a/b/c"]


@pytest.mark.parametrize(
    "value", [SECRET, f"user:{SECRET}@contoso.com", f"env:https://hooks.contoso.com/{SECRET}", f"a b://{SECRET}", ""]
)
def test_value_that_is_no_url_is_not_shown(value: str) -> None:
    """It may be a secret."""
    with pytest.raises(ValueError, match="no URL") as caught:
        channels_from([value], NOWHERE, {})

    assert SECRET not in str(caught.value)


def test_reference_to_something_else_is_named() -> None:
    """The reference is no secret, what it leads to is."""
    with pytest.raises(ValueError, match="`env:CHAT` leads to no URL") as caught:
        channels_from(["env:CHAT"], NOWHERE, {"CHAT": SECRET})

    assert SECRET not in str(caught.value)


def test_reference_to_nothing_is_named() -> None:
    """As that of a password."""
    with pytest.raises(ValueError, match="CHAT is not set"):
        channels_from(["env:CHAT"], NOWHERE, {})
