"""Whether servers may be used now, by a gate file: what speaks against it, a sentence each. Pure.

Where nothing is returned nothing speaks against it. The texts of a file are anybody's: each is made harmless again.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from moveready.gate.decision import State, one_line
from moveready.gate.lines import unlisted_words
from moveready.inventory import Phase

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from moveready.gate.decision import GateDecision
    from moveready.gate.file import GateFile
    from moveready.inventory import Secret

CLOCK_DIFFERENCE = timedelta(minutes=2)
"""How far the clocks of two machines may differ."""
_AGAIN = "Run the checks again with --gate."


def signature_refusals(gate: GateFile, key: Secret | None) -> list[str]:
    """Why the content of the file cannot be trusted. A signature that nobody checks protects nothing."""
    if key is None:
        return ["it is signed. Name the key that it was signed with: --gate-key REF."] if gate.signature else []
    if not gate.signature:
        return [f"it is not signed, and --gate-key asks for that. {_AGAIN[:-1]} and --gate-key."]
    if not gate.is_signed_with(key):
        return [f"its signature is wrong: it was edited, or signed with another key. {_AGAIN[:-1]} and --gate-key."]
    return []


def refusals(
    gate: GateDecision, servers: Sequence[str], now: datetime, max_age: timedelta | None, fingerprint: str | None
) -> list[str]:
    """Why these servers may not be used.

    Args:
        gate: The decision of the file.
        servers: FQDNs or short names, in any case.
        now: The time.
        max_age: How old its oldest answer may be; None for as long as the file is valid.
        fingerprint: That of the inventory which the caller goes by, or None to compare none.
    """
    reasons = [*_of_time(gate, now, max_age), *_of_run(gate)]
    if fingerprint is not None and fingerprint != gate.inventory:
        reasons.append(f"it was made for another inventory, or the inventory has changed since. {_AGAIN}")
    if not servers:
        reasons.append("no server is named. Name each with --server NAME.")
    known = names_in(gate)
    return [*reasons, *(reason for name in servers if (reason := _of_server(gate, name, known)))]


def names_in(gate: GateDecision) -> dict[str, list[str]]:
    """What the file's servers can be called, in lower case: the FQDN, which means one, and the short name."""
    known = list(dict.fromkeys([*gate.ready, *gate.not_ready]))
    short: dict[str, list[str]] = {}
    for fqdn in known:
        short.setdefault(fqdn.lower().partition(".")[0], []).append(fqdn)
    return short | {fqdn.lower(): [fqdn] for fqdn in known}


def word_for(name: str) -> str:
    """A name as `names_in` has it."""
    return name.strip().lower()


def notes_on(gate: GateDecision, servers: Iterable[str]) -> list[str]:
    """What a person should know although nothing speaks against these servers, which are FQDNs."""
    chosen = set(servers)
    notes = [f"only {one_line(gate.controls)} was asked of them"] if gate.controls else []
    for name, pool in gate.pools.items():
        if pool.state is not State.READY and chosen & set(pool.servers):
            notes.append(
                f"the pool {one_line(name)} is {pool.state.value}:"
                " a move that goes to this name may reach a server that is not ready"
            )
    return notes


def time_text(time: datetime) -> str:
    """Such as `2026-03-02 12:00 UTC`."""
    return f"{time:%Y-%m-%d %H:%M} {time.tzname()}"


def _of_time(gate: GateDecision, now: datetime, max_age: timedelta | None) -> Iterator[str]:
    if now >= gate.valid_until:
        yield f"it has expired: it was valid until {time_text(gate.valid_until)}. {_AGAIN}"
    if max_age is not None and now - gate.answers_from > max_age:
        yield f"it is older than --max-age: its answers are of {time_text(gate.answers_from)}. {_AGAIN}"
    if max(gate.made_at, gate.answers_from) > now + CLOCK_DIFFERENCE:
        yield f"it was made in the future: {time_text(gate.made_at)}. Check the clocks of both machines."


def _of_run(gate: GateDecision) -> Iterator[str]:
    if not gate.complete:
        yield f"its run is incomplete: {one_line(gate.incomplete) or 'nobody knows why'}. {_AGAIN}"
    if gate.failed_tests:
        more = f", and {len(gate.failed_tests) - 1} more" if len(gate.failed_tests) > 1 else ""
        first = one_line(gate.failed_tests[0], len(gate.failed_tests[0]))
        yield f"a test of its run failed that belongs to no server: {first}{more}. Mend it, and run the checks again."
    if words := unlisted_words(gate):
        yield f"{words}. {_AGAIN if gate.unlisted is None else 'Add them to the inventory, and run the checks again.'}"


def _of_server(gate: GateDecision, name: str, known: Mapping[str, list[str]]) -> str:
    """Why this one may not be used, or ""."""
    shown = one_line(name, len(name))
    found = known.get(word_for(name), [])
    if not found:
        return f"{shown} is not in it: its run did not check such a server."
    if len(found) > 1:
        names = ", ".join(one_line(fqdn, len(fqdn)) for fqdn in found)
        return f"{shown} is the short name of several servers. Write one of {names}."
    (fqdn,) = found
    if fqdn in gate.not_ready:
        return f"{one_line(fqdn, len(fqdn))} may not be used: {one_line(gate.not_ready[fqdn].sentence)}."
    is_moving = gate.phases.get(fqdn) == Phase.MOVING.value
    return "" if is_moving else f"{one_line(fqdn, len(fqdn))} may not be used: its phase is not moving."
