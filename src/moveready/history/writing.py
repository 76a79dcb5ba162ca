"""What is kept of a run, and how: every name once, by its number; of the outcomes those that did not pass.

Text is `cleaned` on its way in, so no query needs to care.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from moveready.cleaning import cleaned
from moveready.findings.outcomes import Result
from moveready.findings.standing import standings_of
from moveready.history.schema import RESULT_CODES, STANDING_CODES, text_of_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from moveready.findings.outcomes import Outcome, Run
    from moveready.findings.standing import ServerStanding
    from moveready.history.database import Database

LONGEST_SENTENCE = 1000
"""Characters of a finding's sentence that are kept; run.json has all of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Numbers:
    """The number that the file has for each text of a run."""

    run: int
    servers: dict[str, int]
    controls: dict[str, int]
    labels: dict[str, int]
    selections: dict[str, int]


def has_run(database: Database, run: Run) -> bool:
    """Whether the run has been added already."""
    return bool(_numbers_of_run(database, run))


def write_run(database: Database, run: Run) -> None:
    """Write all of it; only inside a transaction."""
    standings = standings_of(run)
    _write_head(database, run)
    (number,) = _numbers_of_run(database, run)
    labels = [outcome.title for outcome in run.outcomes]
    labels += [label for each in standings for label in _labels_of(each) if label]
    numbers = _Numbers(
        run=number,
        servers=_numbered(database, "server", [each.server.name for each in standings]),
        controls=_numbered(database, "control", [outcome.control for outcome in run.outcomes]),
        labels=_numbered(database, "label", labels),
        selections=_numbered(database, "selection", map(_selection_of, standings)),
    )
    _write_controls(database, run, numbers)
    _write_servers(database, standings, numbers)
    _write_problems(database, standings, numbers)


def _numbers_of_run(database: Database, run: Run) -> list[int]:
    known = "SELECT number FROM run WHERE id = ? AND started_at = ?"
    return [number for (number,) in database.rows(known, cleaned(run.id), text_of_time(run.started_at))]


def _write_head(database: Database, run: Run) -> None:
    texts = (
        run.id,
        run.organization,
        run.inventory,
        run.scope.fingerprint,
        text_of_time(run.started_at),
        text_of_time(run.finished_at),
        run.scope.limit,
        run.scope.controls,
        run.scope.phase,
        run.version,
    )
    database.write(
        "INSERT INTO run (id, organization, inventory, fingerprint, started_at, finished_at,"
        " limited_to, controls, phase, version, complete) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [(*map(cleaned, texts), run.complete)],
    )


def _write_controls(database: Database, run: Run, numbers: _Numbers) -> None:
    """What each was called in this run, and how bad it was."""
    described = {outcome.control: outcome for outcome in run.outcomes}.values()
    database.write(
        "INSERT INTO run_control (run, control, title, severity) VALUES (?, ?, ?, ?)",
        [
            (numbers.run, numbers.controls[one.control], numbers.labels[one.title], one.severity.value)
            for one in described
        ],
    )
    database.write(
        "INSERT INTO selected (selection, control) VALUES (?, ?) ON CONFLICT DO NOTHING",
        [
            (number, numbers.controls[control])
            for selection, number in numbers.selections.items()
            for control in json.loads(selection)
        ],
    )


def _write_servers(database: Database, standings: Sequence[ServerStanding], numbers: _Numbers) -> None:
    database.write(
        "INSERT INTO checked (run, server, selection, standing, server_group, site, pool) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (
                numbers.run,
                numbers.servers[each.server.name],
                numbers.selections[_selection_of(each)],
                STANDING_CODES[each.standing],
                *(numbers.labels[label] if label else None for label in _labels_of(each)),
            )
            for each in standings
        ],
    )


def _write_problems(database: Database, standings: Sequence[ServerStanding], numbers: _Numbers) -> None:
    problems = list(_problems_in(standings))
    sentences = _numbered(database, "sentence", map(_sentence_of, problems))
    database.write(
        "INSERT INTO problem (run, server, control, result, sentence) VALUES (?, ?, ?, ?, ?)",
        [
            (
                numbers.run,
                numbers.servers[problem.server],
                numbers.controls[problem.control],
                RESULT_CODES[problem.result],
                sentences[_sentence_of(problem)],
            )
            for problem in problems
        ],
    )


def _numbered(database: Database, table: str, names: Iterable[str]) -> dict[str, int]:
    """The number of each of these names in a table of names, which learns those that are new."""
    wanted = {name: cleaned(name) for name in names}
    unique = [(name,) for name in dict.fromkeys(wanted.values())]
    database.write(f"INSERT INTO {table} (name) VALUES (?) ON CONFLICT DO NOTHING", unique)  # noqa: S608 - a table of ours
    find = f"SELECT number FROM {table} WHERE name = ?"  # noqa: S608 - as above
    known = {name: database.rows(find, name)[0][0] for (name,) in unique}
    return {name: known[kept] for name, kept in wanted.items()}


def _selection_of(standing: ServerStanding) -> str:
    """The controls that were asked of a server, as one name."""
    return json.dumps(sorted(outcome.control for outcome in standing.outcomes))


def _labels_of(standing: ServerStanding) -> tuple[str | None, ...]:
    return standing.server.group, standing.server.site, standing.server.pool


def _problems_in(standings: Iterable[ServerStanding]) -> Iterator[Outcome]:
    return (outcome for each in standings for outcome in each.outcomes if outcome.result is not Result.PASSED)


def _sentence_of(outcome: Outcome) -> str:
    sentence = outcome.sentence
    return sentence if len(sentence) <= LONGEST_SENTENCE else f"{sentence[:LONGEST_SENTENCE]}..."
