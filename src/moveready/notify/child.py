"""Sends one message to one channel, in a process of its own: reads JSON from stdin, writes JSON to stdout.

It is started as a file and imports nothing of moveready, so it runs wherever apprise can be imported. The URL of the
channel comes through stdin alone, and what it writes is one of the words of `Ending` and a number: whatever apprise,
its plugins or the service say may hold the URL, and goes nowhere.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any


class Ending(StrEnum):
    """How it ended; the value is what goes to the parent.

    Members:
        SENT: The service took the message.
        NO_APPRISE: apprise is not installed.
        NO_SERVICE: apprise knows no service for this URL.
        REFUSED: The connection was refused.
        NO_NAME: The host name cannot be resolved.
        NO_ANSWER: The service did not answer before apprise gave up.
        NO_TRUST: The TLS handshake failed, most often because of the certificate.
        NO_LOGIN: The service does not accept the login.
        STATUS: The service answered with a status that is no success.
        FAILED: Anything else.
    """

    SENT = "sent"
    NO_APPRISE = "no apprise"
    NO_SERVICE = "no service"
    REFUSED = "refused"
    NO_NAME = "no name"
    NO_ANSWER = "no answer"
    NO_TRUST = "no trust"
    NO_LOGIN = "no login"
    STATUS = "status"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be sent; `html` is "" where the text is the body; files of `attachments` may be missing."""

    url: str = field(repr=False)
    subject: str
    text: str
    html: str
    attachments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """How it ended; `status` is that of the service, or 0."""

    ending: Ending
    status: int = 0


_REASONS = (
    (Ending.REFUSED, re.compile(r"Connection refused|actively refused|Errno 111\b|WinError 10061\b")),
    (
        Ending.NO_NAME,
        re.compile(r"getaddrinfo failed|NameResolutionError|Name or service not known|[Nn]ame resolution"),
    ),
    (Ending.NO_TRUST, re.compile(r"SSLError|CERTIFICATE_VERIFY_FAILED|\[SSL")),
    (Ending.NO_ANSWER, re.compile(r"timed out|ConnectTimeout")),
)
_HTTP_STATUS = re.compile(r"\berror=(\d{3})\b")
_SMTP_STATUS = re.compile(r"\((\d{3}), b['\"]")
_NO_LOGIN = frozenset({401, 530, 534, 535})
"""Of HTTP the first, of SMTP the others."""
_LARGEST_ATTACHMENT_BYTES = 5_000_000
"""Many services refuse a message with a larger one, and the message matters more."""


class _Listener(logging.Handler):
    """Listens to apprise, whose answer is no more than that it failed, and keeps nothing but the reason."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.answer = Answer(Ending.FAILED)

    def emit(self, record: logging.LogRecord) -> None:
        reason = reason_in(record.getMessage(), record.levelno)
        if reason.ending is not Ending.FAILED:
            self.answer = reason


def reason_in(line: str, level: int) -> Answer:
    """Why it failed, by a line of apprise's log; `FAILED` where the line does not say.

    Lines below a warning may quote the message and the answer of the service; of them, only the texts of errors count.
    """
    is_error_text = line.startswith("Socket Exception")
    if level < logging.WARNING and not is_error_text:
        return Answer(Ending.FAILED)
    status = (_SMTP_STATUS if is_error_text else _HTTP_STATUS).search(line)
    if status:
        number = int(status[1])
        return Answer(Ending.NO_LOGIN if number in _NO_LOGIN else Ending.STATUS, number)
    endings = (ending for ending, pattern in _REASONS if is_error_text and pattern.search(line))
    return Answer(next(endings, Ending.FAILED))


def deliver(order: Order) -> Answer:
    """Send it; never raises, as the text of an error may hold the URL."""
    try:
        return _sent_with_apprise(order)
    except ModuleNotFoundError as error:
        return Answer(Ending.NO_APPRISE if error.name == "apprise" else Ending.FAILED)
    except Exception:  # noqa: BLE001 - the plugins of apprise raise what they like
        return Answer(Ending.FAILED)


def _sent_with_apprise(order: Order) -> Answer:
    import apprise  # noqa: PLC0415 - may be missing; and the parent, which imports this module, must not load it

    listener = _listener_to(logging.getLogger("apprise"))
    asset = apprise.AppriseAsset(app_id="moveready", app_desc="moveready", async_mode=False, storage_mode="memory")
    if not order.html:
        # What a service does not take whole it often refuses; the most urgent comes first. The URL may say otherwise.
        apprise.NotifyBase.overflow_mode = apprise.OverflowMode.TRUNCATE
    service = apprise.Apprise.instantiate(order.url, asset=asset)
    if service is None:
        return Answer(Ending.NO_SERVICE)
    service.optional = False  # an optional service would be reported as sent whatever happened
    sender = apprise.Apprise(service, asset=asset)
    is_sent = sender.notify(
        title=order.subject,
        body=order.html or order.text,
        body_format=apprise.NotifyFormat.HTML if order.html else apprise.NotifyFormat.TEXT,
        attach=_attachments(order.attachments) or None,
    )
    return Answer(Ending.SENT) if is_sent else listener.answer


def _listener_to(logger: logging.Logger) -> _Listener:
    """Nothing of the log goes anywhere else."""
    listener = _Listener()
    logger.handlers = [listener]
    logger.propagate = False
    logger.setLevel(logging.DEBUG)
    return listener


def _attachments(files: tuple[str, ...]) -> list[Any]:
    """Those that are there and not too large: with one that it cannot read, apprise sends nothing at all."""
    from apprise.attachment.file import AttachFile  # noqa: PLC0415 - as above

    usable = (Path(file).resolve() for file in files)
    attach: Any = AttachFile  # it has no annotations
    return [attach(str(file)) for file in usable if file.is_file() and _is_small(file)]


def _is_small(file: Path) -> bool:
    return file.stat().st_size <= _LARGEST_ATTACHMENT_BYTES


def main() -> None:
    """Read the order, send it, and write how it ended, whatever a plugin may print."""
    answers, sys.stdout = sys.stdout, sys.stderr
    plain = json.loads(sys.stdin.buffer.read())
    answer = deliver(Order(**plain | {"attachments": tuple(plain["attachments"])}))
    answers.write(json.dumps(asdict(answer)) + "\n")
    answers.flush()


if __name__ == "__main__":
    main()
