"""Subjects of the tests' own, and a collector that asks a lab for them."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from moveready.collection.bounds import Bounds
from moveready.collection.collector import Collector
from moveready.evidence import OrganizationSubject, Scope, ServerSubject
from moveready.inventory import load_inventory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from moveready.evidence.questions import Pipeline, Request
    from moveready.inventory import Inventory
    from moveready.lab.server import Lab


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Evidence of any subject of these tests: the answers."""

    answers: tuple[Any, ...]


@pytest.fixture(scope="session")
def asked_once() -> Callable[..., OrganizationSubject[Seen, Seen]]:
    """Build a subject that asks the organization."""

    def build(name: str, *questions: Pipeline) -> OrganizationSubject[Seen, Seen]:
        return OrganizationSubject(
            name=name,
            type=Seen,
            ask=lambda _: questions,
            read=lambda *answers: Seen(answers=answers),
            pick=lambda seen, _: seen,
        )

    return build


@pytest.fixture(scope="session")
def asked_each() -> Callable[..., ServerSubject[Seen]]:
    """Build a subject that asks each server."""

    def build(name: str, scope: Scope, *questions: Pipeline | Request, **more: Any) -> ServerSubject[Seen]:
        return ServerSubject(
            name=name,
            type=Seen,
            scope=scope,
            ask=lambda _server, _context: questions,
            read=lambda _server, _context, *answers: Seen(answers=answers),
            **more,
        )

    return build


@pytest.fixture(scope="session")
def collecting() -> Callable[..., Any]:
    """Open a collector for a lab's servers; it gives itself and the inventory."""

    @contextmanager
    def opened(lab: Lab, seconds: float = 20, **bounds: Any) -> Iterator[tuple[Collector, Inventory]]:
        inventory = load_inventory(lab.inventory_file, os.environ)
        with Collector(inventory, Bounds(server_timeout=seconds, pause_seconds=0, **bounds)) as collector:
            yield collector, inventory

    return opened
