"""Answers of an earlier run in place of servers: `--replay` judges them again, and nothing is asked of anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, TypeVar

from moveready.collection.tally import Progress
from moveready.errors import EvidenceError
from moveready.evidence import Facts, Missing, declared

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from moveready.collection.answers import Asking
    from moveready.evidence import Subject
    from moveready.evidence.cost import Cost
    from moveready.inventory import Server

E = TypeVar("E")


class RecordedCollector:
    """Has the methods of a `Collector`, and answers from a record."""

    def __init__(
        self,
        facts: Mapping[str, Facts],
        askings: Mapping[tuple[str, str], Asking],
        seen: Iterable[str],
    ) -> None:
        """Answer from these.

        Args:
            facts: What is known of each server, by FQDN.
            askings: When each subject was asked of a server, by the name of the subject and the FQDN.
            seen: The FQDNs of the servers that Exchange had named.
        """
        self._facts = facts
        self._askings = askings
        self._seen = frozenset(seen)

    def __enter__(self) -> Self:
        """The collector itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """There is nothing to close."""

    def leave(self) -> None:
        """There is nothing under way."""

    def gather(self, _: object) -> None:
        """Everything is there already."""

    def wait(self, _: float) -> Progress:
        """It is over at once."""
        return Progress(servers=len(self._facts), done=len(self._facts), failing=0, slowest=None, slowest_seconds=0.0)

    def costs(self) -> dict[str, Cost]:
        """Nothing: what the recorded run has cost is in its record, once for all workers."""
        return {}

    def seen(self) -> frozenset[str]:
        """The FQDNs of the servers that Exchange had named."""
        return self._seen

    def not_kept(self) -> tuple[str, ...]:
        """Raw answers are not written again."""
        return ()

    def evidence_of(self, subject: Subject[E], server: Server) -> E:
        """What was recorded of the server on the subject; raises why it could not be had, or that nobody had asked."""
        known = self.facts_of(server).refined((subject,)).of(subject)
        if known is None:
            raise EvidenceError(
                server.name,
                "the recorded run",
                f"it has no `{subject.name}` of this server",
                "Run the checks again: a record answers no more than was asked.",
            )
        if isinstance(known, Missing):
            raise known.with_traceback(None)
        return known

    def facts_of(self, server: Server) -> Facts:
        """All that was recorded of the server, failures included."""
        return self._facts.get(server.name, Facts()).refined(declared())

    def askings_of(self, subjects: Iterable[Subject[Any]], server: Server) -> list[Asking]:
        """When these subjects had been asked of the server, and how long each took."""
        keys = [(subject.name, server.name) for subject in subjects]
        return [self._askings[key] for key in keys if key in self._askings]
