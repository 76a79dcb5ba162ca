"""A small organization to run pipelines in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from moveready.lab.cmdlets import run_pipeline
from moveready.lab.fleet import fleet_from
from moveready.lab.pipeline import Command, Endpoint, PipelineResult
from moveready.lab.state import LabOrganization, LabServer, organization_from

if TYPE_CHECKING:
    from collections.abc import Callable

NOON = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


class Bench:
    """An organization whose first server's endpoints run pipelines; `later` moves the time."""

    def __init__(self, servers: list[dict[str, object]], **facts: object) -> None:
        """Build it at noon; the first server is ex01.contoso.com unless it is named."""
        first = {"name": "ex01.contoso.com"} | servers[0]
        self.organization: LabOrganization = organization_from(fleet_from(servers=[first, *servers[1:]], **facts), NOON)
        self.now = NOON

    @property
    def server(self) -> LabServer:
        """The first server."""
        return next(iter(self.organization.servers.values()))

    def later(self, **span: float) -> None:
        """Let time pass."""
        self.now += timedelta(**span)

    def exchange(self, *commands: Command) -> PipelineResult:
        """Run a pipeline in the first server's Exchange endpoint."""
        return run_pipeline(commands, self.organization, self.server, Endpoint.EXCHANGE, self.now)

    def windows(self, *commands: Command) -> PipelineResult:
        """Run a pipeline in the first server's Windows endpoint."""
        return run_pipeline(commands, self.organization, self.server, Endpoint.WINDOWS, self.now)

    @staticmethod
    def command(name: str, *positional: object, **named: object) -> Command:
        """A command with its arguments."""
        return Command(name, (*((None, value) for value in positional), *named.items()))

    @staticmethod
    def element(xml: str) -> ET.Element:
        """One object of the output as an element tree."""
        return ET.fromstring(xml)

    @staticmethod
    def texts(result: PipelineResult, name: str) -> list[str | None]:
        """The text (of an object its `ToString`) of a property in each object of the output."""
        objects = map(Bench.element, result.output)
        found = [element.find(f"*/*[@N='{name}']") for element in objects]
        return [None if one is None else one.findtext("ToString") or one.text for one in found]

    @staticmethod
    def error_id(result: PipelineResult) -> str:
        """The short id of the error that ended the pipeline, or of its only other error."""
        record = result.failure or result.errors[0]
        return record.error_id


@pytest.fixture
def bench() -> Callable[..., Bench]:
    """Build a `Bench`: `bench({facts of ex01}, {facts of another}, key_of_the_fleet=...)`."""

    def build(*servers: dict[str, object], **facts: object) -> Bench:
        return Bench(list(servers) or [{}], **facts)

    return build
