"""Sends a message to all channels at the same time, each in a process of its own, and never longer than a limit.

A thread cannot be ended from outside, a process can: so a channel that hangs is stopped, whatever hangs in it. The URL
goes to the process through stdin, and is in neither its command line nor its environment.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import asdict
from typing import TYPE_CHECKING

from moveready.notify import child
from moveready.notify.child import Answer, Ending, Order

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from moveready.notify.channel import Channel
    from moveready.notify.message import Message

LONGEST_SECONDS = 20.0
_WORDS = {
    Ending.NO_APPRISE: "apprise is not installed. Install it with `pip install moveready[notify]`",
    Ending.NO_SERVICE: "apprise knows no service for this URL, or lacks a package that the service needs",
    Ending.REFUSED: "the connection was refused",
    Ending.NO_NAME: "its host name cannot be resolved",
    Ending.NO_ANSWER: "it did not answer in time",
    Ending.NO_TRUST: "the TLS handshake failed; most often its certificate is not trusted",
    Ending.NO_LOGIN: "it does not accept the login",
    Ending.STATUS: "it answered with status {status}",
    Ending.FAILED: "it could not be sent",
}


def send_all(
    channels: Sequence[Channel], message: Message, attachments: Sequence[Path], seconds: float = LONGEST_SECONDS
) -> list[str]:
    """Send the message to every channel; never raises, and never takes longer than the limit.

    Args:
        channels: Where it goes.
        message: What is sent; mail gets its HTML, every other channel its text.
        attachments: Files for the channels that take any; those that are missing or too large are left out.
        seconds: How long all channels together may take.

    Returns:
        A sentence for each channel that did not take the message; no part of a URL is in it but what its name shows.
    """
    ends_at = time.monotonic() + seconds
    environ = environment_without([channel.url.reveal() for channel in channels], os.environ)
    deliveries = [_Delivery(_order_for(channel, message, attachments), environ) for channel in channels]
    try:
        for delivery in deliveries:
            delivery.start()
        answers = [delivery.answer_until(ends_at) for delivery in deliveries]
    finally:
        for delivery in deliveries:
            delivery.stop()
    pairs = zip(channels, answers, strict=True)
    return [_sentence(channel.name, answer, seconds) for channel, answer in pairs if not _is_sent(answer)]


def environment_without(secrets: Sequence[str], environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that hold none of these."""
    return {name: value for name, value in environ.items() if not any(secret in value for secret in secrets)}


def answer_in(output: bytes) -> Answer:
    """What the child wrote in its last line; `FAILED` where it wrote no answer."""
    try:
        plain = json.loads(output.splitlines()[-1])
        return Answer(Ending(plain["ending"]), int(plain["status"]))
    except (LookupError, TypeError, ValueError):
        return Answer(Ending.FAILED)


class _Delivery:
    """One message on its way to one channel."""

    def __init__(self, order: Order, environ: Mapping[str, str]) -> None:
        """Start nothing yet."""
        self._order = json.dumps(asdict(order)).encode("ascii")
        self._environ = environ
        self._process: subprocess.Popen[bytes] | None = None
        self._talk = threading.Thread(target=self._talk_to_child, name="moveready notify", daemon=True)
        self._answer: Answer | None = None

    def start(self) -> None:
        """Start the process, and a thread that talks to it."""
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own file
                [sys.executable, "-P", "-W", "ignore", child.__file__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=self._environ,
            )
            self._talk.start()
        except (OSError, RuntimeError, TypeError, ValueError):  # no process, no thread, no interpreter
            self._answer = Answer(Ending.FAILED)

    def answer_until(self, ends_at: float) -> Answer | None:
        """How it ended; None where it has not by that time of `time.monotonic`."""
        if self._talk.ident is not None:
            self._talk.join(max(0.0, ends_at - time.monotonic()))
        return self._answer

    def stop(self) -> None:
        """End the process if it is still there; the thread then ends by itself."""
        if self._process is not None:
            self._process.kill()

    def _talk_to_child(self) -> None:
        if self._process is not None:
            try:
                output, _ = self._process.communicate(self._order)
            except (OSError, ValueError):  # a pipe that broke
                output = b""
            self._answer = answer_in(output)


def _order_for(channel: Channel, message: Message, attachments: Sequence[Path]) -> Order:
    return Order(
        url=channel.url.reveal(),
        subject=message.subject,
        text=message.text,
        html=message.html if channel.is_mail else "",
        attachments=tuple(str(file) for file in attachments),
    )


def _is_sent(answer: Answer | None) -> bool:
    return answer is not None and answer.ending is Ending.SENT


def _sentence(name: str, answer: Answer | None, seconds: float) -> str:
    words = f"it did not answer within {seconds:g} s" if answer is None else _WORDS[answer.ending]
    return f"No message went to {name}: {words.format(status=answer.status if answer else 0)}."
