"""The child says how it ended, in a closed set of words, and nothing else."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

import pytest

from moveready.notify import child
from moveready.notify.child import Answer, Ending, Order, reason_in
from tests.services import PATIENT_SECONDS, SECRET

if TYPE_CHECKING:
    from pathlib import Path

    from tests.services import WebService


def order_to(url: str, **given: object) -> bytes:
    """What the parent writes."""
    usual = asdict(Order(url, "subject", "text", "", ()))
    return json.dumps(usual | given).encode()


def answer_of(order: bytes, *options: str) -> tuple[Answer, str]:
    """How the child ended, and all that it wrote."""
    command = [sys.executable, "-P", *options, child.__file__]
    done = subprocess.run(command, input=order, capture_output=True, check=True, timeout=PATIENT_SECONDS)
    plain = json.loads(done.stdout)
    return Answer(Ending(plain["ending"]), plain["status"]), (done.stdout + done.stderr).decode()


def test_message_is_sent(web: WebService) -> None:
    """The answer is written once the service has taken it."""
    answer, _ = answer_of(order_to(web.channel().url.reveal()))

    assert answer == Answer(Ending.SENT)
    assert [(each["title"], each["message"]) for each in web.received] == [("subject", "text")]


def test_text_that_is_too_long_is_cut(web: WebService) -> None:
    """Many services refuse one that is longer than they take; its beginning is what matters."""
    answer, _ = answer_of(order_to(web.channel().url.reveal(), text="urgent " + "x" * 100_000))

    assert answer == Answer(Ending.SENT)
    (received,) = web.received
    assert received["message"].startswith("urgent x")
    assert len(received["message"]) < 40_000


def test_status_is_told(web: WebService) -> None:
    """With its number; the address stays where it is."""
    web.status = 403

    answer, written = answer_of(order_to(web.channel().url.reveal()))

    assert answer == Answer(Ending.STATUS, 403)
    assert SECRET not in written


def test_optional_service_is_no_success(web: WebService) -> None:
    """A URL may ask apprise to keep quiet about a failure; people are told all the same."""
    web.status = 500

    answer, _ = answer_of(order_to(web.channel("?optional=yes").url.reveal()))

    assert answer == Answer(Ending.STATUS, 500)


def test_missing_apprise_is_told() -> None:
    """Without site-packages there is none."""
    answer, _ = answer_of(order_to(f"json://contoso.com/{SECRET}"), "-I", "-S")

    assert answer == Answer(Ending.NO_APPRISE)


def test_attachments_that_cannot_be_sent_are_left_out(web: WebService, tmp_path: Path) -> None:
    """One that is missing, and one that is too large; the message goes, with the others."""
    (tmp_path / "fleet.html").write_bytes(b"fleet")
    (tmp_path / "large.html").write_bytes(b"x" * 5_000_001)
    files = [str(tmp_path / name) for name in ("missing.html", "large.html", "fleet.html")]

    answer, _ = answer_of(order_to(web.channel().url.reveal(), attachments=files))

    assert answer == Answer(Ending.SENT)
    assert [each["filename"] for each in web.received[0]["attachments"]] == ["fleet.html"]


@pytest.mark.parametrize(
    ("line", "ending", "status"),
    [
        ("Socket Exception: [Errno 111] Connection refused", Ending.REFUSED, 0),
        ("Socket Exception: [WinError 10061] the target machine actively refused it", Ending.REFUSED, 0),
        ("Socket Exception: [Errno -2] Name or service not known", Ending.NO_NAME, 0),
        ("Socket Exception: [Errno 11001] getaddrinfo failed", Ending.NO_NAME, 0),
        ("Socket Exception: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed", Ending.NO_TRUST, 0),
        ("Socket Exception: HTTPSConnectionPool(host='x', port=443): Read timed out.", Ending.NO_ANSWER, 0),
        ("Socket Exception: (535, b'5.7.8 Authentication credentials invalid')", Ending.NO_LOGIN, 535),
        ("Socket Exception: (552, b'too large')", Ending.STATUS, 552),
        ("Socket Exception: something new", Ending.FAILED, 0),
        ("JSON Payload: {'message': 'Connection refused, error=403'}", Ending.FAILED, 0),
    ],
)
def test_reason_in_a_detail(line: str, ending: Ending, status: int) -> None:
    """Only the text of an error counts: other details quote what was sent and what came back."""
    assert reason_in(line, logging.DEBUG) == Answer(ending, status)


@pytest.mark.parametrize(
    ("line", "ending", "status"),
    [
        ("Failed to send JSON POST notification: Forbidden, error=403.", Ending.STATUS, 403),
        ("Failed to send Slack notification: Unauthorized, error=401.", Ending.NO_LOGIN, 401),
        ("A Connection error occurred sending JSON notification to x.", Ending.FAILED, 0),
    ],
)
def test_reason_in_a_warning(line: str, ending: Ending, status: int) -> None:
    """A status is in the warning itself; of a connection, the detail says more."""
    assert reason_in(line, logging.WARNING) == Answer(ending, status)
