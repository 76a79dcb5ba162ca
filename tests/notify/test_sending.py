"""Every channel gets the message, a bad one disturbs nobody, and no secret comes out."""

from __future__ import annotations

import logging
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from moveready.notify import child
from moveready.notify.child import Answer, Ending
from moveready.notify.message import Message
from moveready.notify.sending import answer_in, environment_without, send_all
from tests.services import PATIENT_SECONDS, SECRET, MailService, WebService, channel_of

if TYPE_CHECKING:
    from email.message import EmailMessage

    from moveready.notify.channel import Channel

MESSAGE = Message("NOT READY", "1 of 2 servers is ready.\n- ex02 <b>\n", "<p>1 of 2 <b>servers</b></p>")
ADDRESSES = f"from=moveready@contoso.com&to={SECRET}@contoso.com"


def send(*channels: Channel, attachments: tuple[Path, ...] = (), seconds: float = PATIENT_SECONDS) -> list[str]:
    """The sentences about those that failed."""
    return send_all(channels, MESSAGE, attachments, seconds)


def part_of(mail: EmailMessage, kind: str) -> str:
    """The content of the mail in that form."""
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def test_mail_gets_the_page_and_the_attachment(mail: MailService, tmp_path: Path) -> None:
    """With a text for whoever shows no HTML."""
    page = tmp_path / "fleet.html"
    page.write_text("<h1>fleet</h1>", encoding="utf-8")

    assert send(mail.channel(), attachments=(page,)) == []
    (received,) = mail.received
    assert received["Subject"] == "NOT READY"
    assert "<b>servers</b>" in part_of(received, "html")
    assert "1 of 2" in part_of(received, "plain")
    assert [part.get_filename() for part in received.iter_attachments()] == ["fleet.html"]


def test_mail_without_a_page_gets_the_text(mail: MailService) -> None:
    """What looks like HTML in it is text."""
    assert send_all([mail.channel()], Message("NOT READY", MESSAGE.text), [], PATIENT_SECONDS) == []
    (received,) = mail.received
    assert "ex02 <b>" in part_of(received, "plain")


def test_other_channels_get_the_text(web: WebService, tmp_path: Path) -> None:
    """And the attachment where they take one."""
    page = tmp_path / "fleet.html"
    page.write_text("<h1>fleet</h1>", encoding="utf-8")

    assert send(web.channel(), attachments=(page,)) == []
    (received,) = web.received
    assert (received["title"], received["message"].strip()) == ("NOT READY", MESSAGE.text.strip())
    assert [each["filename"] for each in received["attachments"]] == ["fleet.html"]


def test_channels_do_not_wait_for_each_other(web: WebService, other_web: WebService) -> None:
    """The first answers only after the second has the message."""
    web.may_answer = other_web.has_received

    assert send(web.channel("?rto=100"), other_web.channel()) == []
    assert (len(web.received), len(other_web.received)) == (1, 1)


def test_hanging_channel_is_ended(silent_port: int, capfd: pytest.CaptureFixture[str]) -> None:
    """The run goes on after the limit, and the process is gone: the thread that talks to it ends."""
    started = time.monotonic()

    failures = send(channel_of(f"json://127.0.0.1:{silent_port}/{SECRET}?rto=600"), seconds=3)

    assert failures == ["No message went to json (127.0.0.1): it did not answer within 3 s."]
    assert time.monotonic() - started < PATIENT_SECONDS
    assert SECRET not in "".join(capfd.readouterr())
    for thread in [each for each in threading.enumerate() if each.name == "moveready notify"]:
        thread.join(PATIENT_SECONDS)
        assert not thread.is_alive()


def test_bad_channel_does_not_disturb_a_good_one(web: WebService, refusing_port: int) -> None:
    """Each is on its own."""
    failures = send(channel_of(f"json://127.0.0.1:{refusing_port}/{SECRET}"), web.channel())

    assert failures == ["No message went to json (127.0.0.1): the connection was refused."]
    assert len(web.received) == 1


def test_no_channel_is_no_failure() -> None:
    """Nothing is started."""
    assert send() == []


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        (
            "json://{secret}:{secret}@127.0.0.1:{refusing}/{secret}?{secret}",
            "json (127.0.0.1): the connection was refused.",
        ),
        (
            "mailto://{secret}:{secret}@127.0.0.1:{refusing}?{addresses}",
            "mailto (127.0.0.1): the connection was refused.",
        ),
        ("json://127.0.0.1:{silent}/{secret}?rto=1", "json (127.0.0.1): it did not answer in time."),
        ("mailto://127.0.0.1:{silent}?cto=1&{addresses}", "mailto (127.0.0.1): it did not answer in time."),
        ("jsons://127.0.0.1:{web}/{secret}", "jsons (127.0.0.1): the TLS handshake failed"),
        ("json://127.0.0.1:{web}/{secret}", "json (127.0.0.1): it answered with status 503."),
        ("json://no.such.host.invalid/{secret}", "json (no.such.host.invalid): its host name cannot be resolved."),
        ("mailto://user:{secret}@127.0.0.1:{mail}?{addresses}", "mailto (127.0.0.1): it does not accept the login."),
        ("nosuch://{secret}", "nosuch: apprise knows no service for this URL"),
        ("slack://{secret}", "slack: apprise knows no service for this URL"),
        ("{secret}", "channel: apprise knows no service for this URL"),
    ],
)
def test_no_failure_shows_a_secret(  # noqa: PLR0913 - one of each kind of service
    *,
    url: str,
    sentence: str,
    web: WebService,
    mail: MailService,
    refusing_port: int,
    silent_port: int,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Neither the sentence, nor what is printed or logged; and people learn what happened."""
    caplog.set_level(logging.DEBUG)
    web.status = 503
    ports = {"refusing": refusing_port, "silent": silent_port, "web": web.port, "mail": mail.port}

    failures = send(channel_of(url.format(secret=SECRET, addresses=ADDRESSES, **ports)))

    assert len(failures) == 1
    assert failures[0].startswith(f"No message went to {sentence}")
    assert SECRET not in "".join([*failures, *capfd.readouterr(), caplog.text])


@pytest.mark.skipif(sys.platform != "linux", reason="other systems show no process so")
def test_process_shows_no_secret(web: WebService, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither its command line nor its environment, even where ours has the URL."""
    web.may_answer.clear()
    channel = web.channel("?rto=100")
    monkeypatch.setenv("CHAT", channel.url.reveal())
    sender = threading.Thread(target=send, args=(channel,))
    sender.start()
    assert web.has_received.wait(PATIENT_SECONDS)

    children = [
        process for process in Path("/proc").glob("[0-9]*") if child.__file__.encode() in shown(process / "cmdline")
    ]
    seen = [shown(process / name) for process in children for name in ("cmdline", "environ")]
    web.may_answer.set()
    sender.join()

    assert any(b"PATH=" in text for text in seen)
    assert [text for text in seen if SECRET.encode() in text] == []


def shown(file: Path) -> bytes:
    """What the system shows of a process; nothing of one that has ended or is not ours."""
    try:
        return file.read_bytes()
    except OSError:
        return b""


def test_environment_without_secrets() -> None:
    """The rest stays: a proxy, the path, the system's root."""
    environ = {"PATH": "/bin", "CHAT": "slack://a/b/c\n", "https_proxy": "http://proxy"}

    assert environment_without(["slack://a/b/c"], environ) == {"PATH": "/bin", "https_proxy": "http://proxy"}


@pytest.mark.parametrize(
    "output",
    [
        b"",
        b"\n",
        b"Segmentation fault\n",
        b'"sent"\n',
        b"{}\n",
        b'{"ending": "done", "status": 0}\n',
        b"\xff\n",
        b"[]\n",
    ],
)
def test_process_that_gives_no_answer_has_failed(output: bytes) -> None:
    """Whatever is no answer is no success."""
    assert answer_in(output) == Answer(Ending.FAILED)


def test_answer_is_the_last_line() -> None:
    """A plugin may print before it."""
    assert answer_in(b'hello\n{"ending": "status", "status": 403}\n') == Answer(Ending.STATUS, 403)


def test_without_a_process_it_has_failed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing is raised where no Python can be started."""
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))

    failures = send(channel_of(f"slack://{SECRET}/b/c"))

    assert failures == ["No message went to slack: it could not be sent."]
