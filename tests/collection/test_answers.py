"""Each answer is asked for once, waited for by whoever wants it, and kept small."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import NoReturn

import pytest

from moveready.collection.answers import Answers
from moveready.collection.tally import Tally
from moveready.errors import EvidenceError, InternalError, RunInterruptedError, UnreachableError
from moveready.evidence import EWS_DIRECTORY
from moveready.kb.kb3063913 import ENDPOINT_ANSWER, MRSPROXY_EVENTS

EX01 = "ex01.contoso.com"
FOUND = object()


def found() -> object:
    """What a server gives."""
    return FOUND


def refused() -> NoReturn:
    """A failure with a cause, as remoting raises it."""
    raise UnreachableError(EX01, "HTTPS endpoint", "refused", "Start it.") from _raised(OSError())


def _raised(error: Exception) -> Exception:
    """The error, with the traceback of having been raised."""
    with suppress(type(error)):
        raise error
    return error


@pytest.fixture
def tally() -> Tally:
    """Counts what the answers of a test owe."""
    return Tally()


@pytest.fixture
def answers(tally: Tally) -> Answers:
    """Answers that nobody expects yet."""
    return Answers(tally)


def test_nobody_asked(answers: Answers) -> None:
    """There is no fact, and no wait."""
    assert answers.fact(MRSPROXY_EVENTS.name, EX01) is None


def test_only_what_is_new_is_expected(answers: Answers) -> None:
    """Whether its answer is there or not."""
    assert answers.expect(EX01, [MRSPROXY_EVENTS, ENDPOINT_ANSWER]) == (MRSPROXY_EVENTS, ENDPOINT_ANSWER)
    answers.settle(MRSPROXY_EVENTS, EX01, found)

    assert answers.expect(EX01, [EWS_DIRECTORY, MRSPROXY_EVENTS, ENDPOINT_ANSWER]) == (EWS_DIRECTORY,)


def test_answer_is_kept(answers: Answers, tally: Tally) -> None:
    """And counted off, after it is kept."""
    answers.expect(EX01, [MRSPROXY_EVENTS])
    answers.settle(MRSPROXY_EVENTS, EX01, found)

    assert answers.fact(MRSPROXY_EVENTS.name, EX01) is FOUND
    assert (tally.wait(0).is_over, tally.wait(0).failing) == (True, 0)


def test_time_of_the_question_is_kept(answers: Answers) -> None:
    """From the moment at which its conversation began; where none did, there is none."""
    answers.expect(EX01, [MRSPROXY_EVENTS, ENDPOINT_ANSWER])
    before = datetime.now(UTC)
    answers.begin(MRSPROXY_EVENTS, EX01)
    assert answers.asking(MRSPROXY_EVENTS.name, EX01) is None
    answers.settle(MRSPROXY_EVENTS, EX01, found)
    answers.settle(ENDPOINT_ANSWER, EX01, found)
    asking = answers.asking(MRSPROXY_EVENTS.name, EX01)

    assert asking is not None
    assert before <= asking.began_at <= asking.began_at + timedelta(seconds=asking.seconds) <= datetime.now(UTC)
    assert answers.asking(ENDPOINT_ANSWER.name, EX01) is None


def test_whoever_wants_it_waits(answers: Answers) -> None:
    """Until it is there."""
    answers.expect(EX01, [MRSPROXY_EVENTS])
    release = threading.Event()

    def late() -> object:
        release.wait(10)
        return found()

    with ThreadPoolExecutor(2) as pool:
        pool.submit(answers.settle, MRSPROXY_EVENTS, EX01, late)
        waiting = pool.submit(answers.fact, MRSPROXY_EVENTS.name, EX01)
        assert not waiting.done()
        release.set()
        assert waiting.result(10) is FOUND


def test_failure_is_kept_without_its_past(answers: Answers, tally: Tally) -> None:
    """Tracebacks and causes hold connections, messages and headers; its words are enough."""
    answers.expect(EX01, [MRSPROXY_EVENTS])
    answers.settle(MRSPROXY_EVENTS, EX01, refused)
    kept = answers.fact(MRSPROXY_EVENTS.name, EX01)

    assert isinstance(kept, EvidenceError)
    assert (kept.__traceback__, kept.__cause__, kept.__context__) == (None, None, None)
    assert tally.wait(0).failing == 1


@pytest.mark.parametrize("fault", [ZeroDivisionError("by us"), SystemExit("by us")])
def test_fault_of_our_own_is_no_answer_of_the_server(answers: Answers, tally: Tally, fault: BaseException) -> None:
    """It is kept in words: its frames would be walked for every test of the server."""

    def broken() -> NoReturn:
        raise fault

    answers.expect(EX01, [MRSPROXY_EVENTS])
    answers.settle(MRSPROXY_EVENTS, EX01, broken)
    kept = answers.fact(MRSPROXY_EVENTS.name, EX01)

    assert isinstance(kept, InternalError)
    assert kept.crash.startswith(f"{type(fault).__name__}: by us at test_answers.py:")
    assert "by us" not in str(kept)
    assert tally.wait(0).failing == 1


def test_answer_that_was_given_up_is_never_asked_for(answers: Answers, tally: Tally) -> None:
    """It is known to have been interrupted, and no wait for the rest hangs on it."""
    answers.expect(EX01, [MRSPROXY_EVENTS])
    answers.give_up()
    answers.settle(MRSPROXY_EVENTS, EX01, refused)

    assert str(answers.fact(MRSPROXY_EVENTS.name, EX01)) == (
        "ex01.contoso.com, Windows endpoint: the run was interrupted before it answered. Run the checks again."
    )
    assert (tally.wait(60).is_over, tally.wait(0).failing) == (True, 1)


def test_giving_up_leaves_what_is_known(answers: Answers) -> None:
    """An answer that is there was given."""
    answers.expect(EX01, [MRSPROXY_EVENTS])
    answers.settle(MRSPROXY_EVENTS, EX01, found)
    answers.give_up()

    assert answers.fact(MRSPROXY_EVENTS.name, EX01) is FOUND


def test_answer_that_comes_too_late_changes_nothing(answers: Answers, tally: Tally) -> None:
    """Nobody waits for a question under way that was given up."""
    answers.expect(EX01, [MRSPROXY_EVENTS])
    begun, release = threading.Event(), threading.Event()

    def late() -> object:
        begun.set()
        release.wait(10)
        return found()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(answers.settle, MRSPROXY_EVENTS, EX01, late)
        begun.wait(10)
        answers.give_up()
        assert tally.wait(0).is_over
        release.set()

    assert isinstance(answers.fact(MRSPROXY_EVENTS.name, EX01), RunInterruptedError)
