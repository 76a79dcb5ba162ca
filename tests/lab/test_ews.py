"""What `/EWS/mrsproxy.svc` and `/EWS/healthcheck.htm` answer."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from moveready.lab.events import is_mrsproxy_off
from moveready.lab.ews import NO_ANSWER, EwsAnswer, answer_after_login, answer_before_login, stamps_of_iis
from moveready.lab.fleet import fleet_from
from moveready.lab.state import NEVER, ComponentState, LabServer, organization_from

NOON = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
PATH = "/EWS/mrsproxy.svc"
HEALTH = "/EWS/healthcheck.htm"


def server_with(**facts: object) -> LabServer:
    """A server of these facts, at noon."""
    fleet = fleet_from(servers=[{"name": "ex01.contoso.com", **facts}])
    return organization_from(fleet, NOON).servers["ex01.contoso.com"]


def after_login(server: LabServer, path: str = PATH) -> EwsAnswer:
    """What a request whose login was valid gets."""
    return answer_after_login(server, path, "CONTOSO\\mover", "192.0.2.1", NOON)


def header(answer: EwsAnswer | None, name: str) -> str | None:
    """A header of the answer."""
    return dict(answer.headers).get(name) if answer else None


@pytest.mark.parametrize("worker", ["on", "off"])
def test_an_anonymous_request_learns_nothing(worker: str) -> None:
    """Whether MRSProxy is on or off shows only after login."""
    server = server_with(worker=worker)

    assert answer_before_login(server, PATH, NOON) is None
    assert len(server.log) == 1


@pytest.mark.parametrize(("worker", "status"), [("on", 400), ("off", 403)])
def test_the_running_application_decides(worker: str, status: int) -> None:
    """What the worker has read counts, whatever the directory says; the front end stamps both answers."""
    answer = after_login(server_with(flag="on", worker=worker))

    assert (answer.status, header(answer, "X-FEServer")) == (status, "EX01")


def test_a_refused_request_is_logged_with_who_asked() -> None:
    """The 1309 names user, client and URL."""
    server = server_with(worker="off")
    after_login(server, PATH + "?x=1")

    assert is_mrsproxy_off(server.log[-1])
    assert server.log[-1].data[19:23:3] == ("https://ex01.contoso.com:443/EWS/mrsproxy.svc?x=1", "CONTOSO\\mover")


@pytest.mark.parametrize(("endpoint", "status"), [("401", 401), ("404", 404), ("500", 500)])
def test_other_answers_of_exchange_come_after_login(endpoint: str, status: int) -> None:
    """They hide what the worker has read, and log nothing about it."""
    server = server_with(worker="off", endpoint=endpoint)

    assert answer_before_login(server, PATH, NOON) is None
    assert after_login(server).status == status
    assert len(server.log) == 1


def test_a_missing_back_end_is_named() -> None:
    """404 of a front end says which back end it asked."""
    assert header(after_login(server_with(endpoint="404")), "X-CalculatedBETarget") == "ex01.contoso.com"


@pytest.mark.parametrize(
    ("endpoint", "status", "software"),
    [
        ("device-403", 403, "BigIP"),
        ("device-200", 200, "BigIP"),
        ("nginx-400", 400, "nginx"),
        ("http.sys-400", 400, "Microsoft-HTTPAPI/2.0"),
        ("redirect", 302, None),
    ],
)
def test_what_stands_in_front_asks_for_no_login(endpoint: str, status: int, software: str | None) -> None:
    """Devices, http.sys and a publishing rule answer at once, without a header of Exchange's."""
    answer = answer_before_login(server_with(endpoint=endpoint), PATH.lower(), NOON)

    assert answer is not None
    assert (answer.status, header(answer, "Server"), header(answer, "X-FEServer")) == (status, software, None)


def test_iis_refuses_before_login_and_without_a_word() -> None:
    """The application's static header stands on IIS's own 403 too; its body is empty, and ASP.NET has not seen it."""
    answer = answer_before_login(server_with(endpoint="iis-403.4"), PATH, NOON)

    assert answer is not None
    assert (answer.status, header(answer, "X-FEServer"), answer.body) == (403, "EX01", b"")
    assert header(answer, "X-AspNet-Version") is None


@pytest.mark.parametrize(
    ("facts", "name"), [({}, "EX01"), ({"front_end": "EX02"}, "EX02"), ({"front_end": "none"}, None)], ids=str
)
def test_the_front_end_names_itself(facts: dict[str, object], name: str | None) -> None:
    """On every answer of its application, the challenge for a login among them; another name is another node's."""
    server = server_with(**facts)

    assert header(after_login(server), "X-FEServer") == name
    assert dict(stamps_of_iis(server)).get("X-FEServer") == name


def test_the_403_of_mrsproxy_is_aspnets() -> None:
    """Its page does not hold the exception's message, because it is the one for remote clients."""
    answer = after_login(server_with(worker="off"))

    assert header(answer, "X-AspNet-Version") == "4.0.30319"
    assert b"Server Error in '/EWS' Application." in answer.body
    assert b"MRS proxy service" not in answer.body


def test_a_status_that_nobody_documents_comes_after_login() -> None:
    """Some client must be ready for it."""
    assert after_login(server_with(endpoint="999")).status == 999


@pytest.mark.parametrize(("facts", "host"), [({"pool": "mail.a.com"}, "mail.a.com"), ({}, "mail.contoso.com")])
def test_a_redirect_points_to_the_public_name(facts: dict[str, str], host: str) -> None:
    """The pool's name, or else `mail` in the server's domain."""
    answer = answer_before_login(server_with(endpoint="redirect", **facts), PATH, NOON)

    assert header(answer, "Location") == f"https://{host}/owa/"


@pytest.mark.parametrize("path", [PATH, HEALTH])
def test_http_sys_answers_for_a_stopped_site(path: str) -> None:
    """503 for everything, and the server's name is not IIS."""
    answer = answer_before_login(server_with(endpoint="503"), path, NOON)

    assert answer is not None
    assert (answer.status, header(answer, "Server")) == (503, "Microsoft-HTTPAPI/2.0")


def test_http_sys_answers_while_iis_is_down() -> None:
    """An iisreset at work looks like a stopped site."""
    server = server_with()
    server.iis_down_until = NEVER
    answer = answer_before_login(server, PATH, NOON)

    assert answer is not None
    assert answer.status == 503


def test_nothing_is_nothing() -> None:
    """The caller gets the sign to stay silent."""
    assert answer_before_login(server_with(endpoint="nothing"), PATH, NOON) is NO_ANSWER


@pytest.mark.parametrize("component", ["EwsProxy", "ServerWideOffline"])
@pytest.mark.parametrize(("state", "status"), [("Active", 200), ("Inactive", 503)])
def test_the_health_check_follows_the_component(component: str, state: str, status: int) -> None:
    """A load balancer sees without login that a server is drained."""
    server = server_with()
    server.components[component, "Maintenance"] = ComponentState(state, NOON)
    answer = answer_before_login(server, HEALTH, NOON)

    assert answer is not None
    assert answer.status == status


def test_exchange_2010_has_no_health_check() -> None:
    """Whoever asks is sent to log in, and finds nothing."""
    server = server_with(version="14.3 (Build 123.4)")

    assert answer_before_login(server, HEALTH, NOON) is None
    assert answer_after_login(server, HEALTH, "CONTOSO\\svc", "192.0.2.1", NOON).status == 404


def test_other_paths_are_not_found() -> None:
    """Outside EWS without login, inside EWS after it."""
    answer = answer_before_login(server_with(), "/nowhere", NOON)

    assert answer is not None
    assert answer.status == 404
    assert answer_before_login(server_with(), "/EWS/nowhere", NOON) is None
    assert after_login(server_with(), "/EWS/nowhere").status == 404


def test_exchange_2010_has_its_own_headers() -> None:
    """An older IIS, an older ASP.NET, and no X-FEServer (field observation)."""
    answer = after_login(server_with(version="14.3 (Build 123.4)"))

    assert header(answer, "Server") == "Microsoft-IIS/7.5"
    assert header(answer, "X-AspNet-Version") == "2.0.50727"
    assert header(answer, "X-FEServer") is None
