"""The fixer's guards on living labs: what is refused is not touched, and the sentence says what to do."""

from __future__ import annotations

import os
import select
import signal
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from moveready.fixer.lock import organization_lock

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from pathlib import Path

    from moveready.lab.server import Lab

    Repaired = tuple[pytest.RunResult, list[str]]

pytestmark = pytest.mark.heavy

SECONDS = 600
SOON = 10
"""By then a signal that was noticed has an effect."""
QUESTION = b"? [y/n/all] "

READY = {"name": "ex01.contoso.com", "pool": "mail.contoso.com"}
DISABLED = {"name": "ex02.contoso.com", "pool": "mail.contoso.com", "flag": "off"}
STALE = {"name": "ex03.contoso.com", "pool": "mail.contoso.com", "worker": "off"}


@pytest.fixture
def repair(
    fixer_lab: Callable[..., Lab],
    run_fixer: Callable[..., pytest.RunResult],
    changes: Callable[[Lab], list[str]],
    tmp_path: Path,
) -> Callable[..., Repaired]:
    """Apply to a fleet of these servers; what came of it, and what was changed."""

    def apply(*servers: dict[str, object], options: tuple[str, ...] = (), **facts: object) -> Repaired:
        lab = fixer_lab(*servers, **facts)
        result = run_fixer(lab, tmp_path, "--fix=apply", *options)
        return result, changes(lab)

    return apply


@pytest.mark.parametrize(
    ("servers", "option", "words"),
    [
        ((READY, DISABLED, STALE), "--fix-max=1", "changes 2 servers, --fix-max allows 1: raise it"),
        ((DISABLED,), "--fix-max=5", "no other server of pool mail.contoso.com is known to be ready*--fix-last-node"),
        ((READY, DISABLED), "-x", "the checks did not all run"),
        ((READY, DISABLED), "--maxfail=2", "the checks did not all run"),
    ],
    ids=["most", "last-node", "x", "maxfail"],
)
def test_refused_is_untouched(
    repair: Callable[..., Repaired], servers: tuple[dict[str, object], ...], option: str, words: str
) -> None:
    """The finding stays, so exit code 1."""
    result, changed = repair(*servers, options=(option,))

    result.stdout.fnmatch_lines([f"*{words}*"])
    assert result.ret == 1
    assert changed == []


def test_outside_the_window_nothing_is_changed(repair: Callable[..., Repaired]) -> None:
    """A window that cannot contain now; the sentence tells it."""
    opens = datetime.now(UTC) + timedelta(days=3)
    window = {"days": [f"{opens:%a}".lower()], "from": "12:00", "to": "13:00", "time_zone": "UTC"}
    result, changed = repair(READY, DISABLED, fix={"window": window})

    result.stdout.fnmatch_lines([f"*now is outside the change window {opens:%a} 12:00-13:00 UTC: wait for it*"])
    assert result.ret == 1
    assert changed == []


def test_inside_the_window_it_is_done(repair: Callable[..., Repaired]) -> None:
    """A window of all day and night, but for its last minute, that contains now in one of two time zones."""
    zone = "Etc/GMT+12" if f"{datetime.now(UTC):%H:%M}" > "23:50" else "UTC"
    window = {"from": "00:00", "to": "23:59", "time_zone": zone}
    _, changed = repair(READY, DISABLED, fix={"window": window})

    assert changed == ["ex02 on", "ex02 iisreset"]


def test_last_node_may_be_allowed(repair: Callable[..., Repaired]) -> None:
    """Whoever says so takes the pool down."""
    result, changed = repair(DISABLED, options=("--fix-last-node",))

    assert result.ret == 0
    assert changed == ["ex02 on", "ex02 iisreset"]


def test_repaired_server_lets_the_next_one_restart(repair: Callable[..., Repaired]) -> None:
    """A Set without restart makes a server ready, and then its neighbour may go; the order is the inventory's."""
    until_recycle = {"name": "ex01.contoso.com", "pool": "mail.contoso.com", "flag": "off", "worker": "on"}
    result, changed = repair(until_recycle, DISABLED)

    assert result.ret == 0
    assert changed == ["ex01 on", "ex02 on", "ex02 iisreset"]


def test_pools_side_by_side(repair: Callable[..., Repaired]) -> None:
    """`--fix-pools 2`: each pool still one server at a time, and everything is repaired."""
    dublin = [{**server, "name": f"ie{number}.contoso.com", "pool": "ie.contoso.com"} for number, server in
              enumerate((READY, DISABLED, STALE))]  # fmt: skip
    result, changed = repair(READY, DISABLED, *dublin, options=("--fix-pools=2",))

    assert result.ret == 0
    assert [what for what in changed if what.startswith("ie")] == [
        "ie1 on",
        "ie1 iisreset",
        "ie2 off",
        "ie2 on",
        "ie2 iisreset",
    ]
    assert [what for what in changed if what.startswith("ex")] == ["ex02 on", "ex02 iisreset"]


def test_exchange_host_is_not_restarted_between_the_sets_of_another_pool(repair: Callable[..., Repaired]) -> None:
    """The second Set travels through it: its restart waits, and everything is repaired."""
    result, changed = repair(
        {"name": "ex03.contoso.com", "worker": "off"},
        {"name": "ex01.contoso.com", "flag": "off"},
        options=("--fix-pools=2", "--fix-timeout=30s"),
        fix={"wait": "4s"},
    )

    assert result.ret == 0
    assert "ex01 iisreset" not in changed[changed.index("ex03 off") : changed.index("ex03 on")]
    assert changed.count("ex01 iisreset") == 1


def test_second_fixer_is_kept_out(
    fixer_lab: Callable[..., Lab],
    start_fixer: Callable[..., subprocess.Popen[str]],
    changes: Callable[[Lab], list[str]],
    tmp_path: Path,
) -> None:
    """Another process holds the organization's lock: its holder is named, nothing is changed."""
    lab = fixer_lab(READY, DISABLED)
    (tmp_path / "temporary").mkdir()
    with organization_lock("contoso.com", print, tmp_path / "temporary"):
        process = start_fixer(lab, tmp_path, "--fix=apply")
        printed, _ = process.communicate(timeout=SECONDS)

    assert f"Nothing was changed: another fixer works on contoso.com: process {os.getpid()} on" in printed
    assert process.returncode == 1
    assert changes(lab) == []


def test_lock_of_a_dead_process_is_taken_over(
    fixer_lab: Callable[..., Lab], run_fixer: Callable[..., pytest.RunResult], tmp_path: Path
) -> None:
    """With a note of who left it."""
    (tmp_path / "temporary").mkdir()
    (tmp_path / "temporary" / "moveready-fixer-contoso.com.holder").write_text("process 1 on gone", encoding="utf-8")
    result = run_fixer(fixer_lab(READY, DISABLED), tmp_path, "--fix=apply")

    result.stdout.fnmatch_lines(["taking over the lock of contoso.com from process 1 on gone, which ended*"])
    assert result.ret == 0


def test_nobody_is_asked_where_nobody_can_answer(repair: Callable[..., Repaired]) -> None:
    """`--fix-approve` without a terminal is a usage error, before any server is asked."""
    result, changed = repair(READY, DISABLED, options=("--fix-approve",))

    result.stderr.fnmatch_lines(["*--fix-approve asks at a terminal, and this is none*"])
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert changed == []


@pytest.fixture
def answer(
    fixer_lab: Callable[..., Lab],
    start_fixer: Callable[..., subprocess.Popen[str]],
    changes: Callable[[Lab], list[str]],
    tmp_path: Path,
) -> Callable[..., tuple[int, int, list[str]]]:
    """Apply to two servers of two pools, and type answers; exit code, number of questions, what was changed."""
    pty = pytest.importorskip("pty", reason="Windows has no pseudo-terminals that Python can open")

    def typed(*answers: str) -> tuple[int, int, list[str]]:
        lab = fixer_lab({"name": "ex02.contoso.com", "flag": "off"}, {"name": "ex04.contoso.com", "flag": "off"})
        ours, theirs = pty.openpty()
        process = start_fixer(lab, tmp_path, "--fix=apply", "--fix-approve", terminal=theirs)
        os.close(theirs)
        shown, waiting = b"", list(answers)
        while more := _read(ours):
            shown += more
            if waiting and shown.count(QUESTION) > len(answers) - len(waiting):
                os.write(ours, f"{waiting.pop(0)}\n".encode())
        os.close(ours)
        return process.wait(SECONDS), shown.count(QUESTION), changes(lab)

    return typed


def _read(terminal: int) -> bytes:
    """What was shown; nothing once the other end is closed, which Linux tells as an error."""
    try:
        readable, _, _ = select.select([terminal], [], [], SECONDS)
        return os.read(terminal, 65536) if readable else b""
    except OSError:
        return b""


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        (("y", "n"), (1, 2, ["ex02 on", "ex02 iisreset"])),
        (("n", "n"), (1, 2, [])),
        (("all",), (0, 1, ["ex02 on", "ex02 iisreset", "ex04 on", "ex04 iisreset"])),
        (("\x04",), (1, 1, [])),
    ],
    ids=["yes-no", "no", "all", "end-of-input"],
)
def test_people_are_asked_once_a_pool(
    answer: Callable[..., tuple[int, int, list[str]]], answers: tuple[str, ...], expected: tuple[int, int, list[str]]
) -> None:
    """A pool that nobody approves is left alone and stays red."""
    assert answer(*answers) == expected


def test_ctrl_c_at_the_question_is_no(
    fixer_lab: Callable[..., Lab],
    start_fixer: Callable[..., subprocess.Popen[str]],
    changes: Callable[[Lab], list[str]],
    tmp_path: Path,
) -> None:
    """To all pools: nothing is changed, and the run ends as one with findings, or as an interrupted one."""
    pty = pytest.importorskip("pty", reason="Windows has no pseudo-terminals that Python can open")
    lab = fixer_lab({"name": "ex02.contoso.com", "flag": "off"}, {"name": "ex04.contoso.com", "flag": "off"})
    ours, theirs = pty.openpty()
    process = start_fixer(lab, tmp_path, "--fix=apply", "--fix-approve", terminal=theirs)
    os.close(theirs)
    shown = b""
    while QUESTION not in shown:
        shown += (more := _read(ours))
        assert more
    for _ in range(SECONDS // SOON):
        # Python does not notice one that comes right before it begins to wait for the answer.
        process.send_signal(signal.SIGINT)
        if select.select([ours], [], [], SOON)[0]:
            break
    while more := _read(ours):
        shown += more
    assert process.wait(SECONDS) in {1, 2}, shown.decode()
    os.close(ours)

    assert (shown.count(QUESTION), changes(lab)) == (1, [])
