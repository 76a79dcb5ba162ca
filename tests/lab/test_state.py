"""The simulated organization and how it changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from moveready.lab.events import WebRequest, is_mrsproxy_off, record_xml
from moveready.lab.fleet import ChannelName, fleet_from
from moveready.lab.state import (
    ACTIVE,
    INACTIVE,
    ComponentState,
    LabOrganization,
    LabServer,
    guid_of,
    log_refused_request,
    organization_from,
    restart_iis,
    set_flag,
    start_worker,
)

NOON = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
REQUEST = WebRequest("https://ex01.contoso.com/EWS/mrsproxy.svc", "me", "192.0.2.1")


def lab_of(**facts: object) -> tuple[LabOrganization, LabServer]:
    """An organization with the one server of these facts, at noon."""
    organization = organization_from(fleet_from(servers=[{"name": "ex01.contoso.com", **facts}]), NOON)
    return organization, organization.servers["ex01.contoso.com"]


def test_directory_and_worker_are_two_things() -> None:
    """The flag that was set and the flag that was read are told one by one."""
    organization, server = lab_of(flag="on", worker="off")

    assert organization.directory[server.fqdn].mrsproxy_enabled
    assert not server.worker.mrsproxy_on


def test_an_absent_flag_is_an_absent_directory() -> None:
    """`absent` is no False."""
    assert lab_of(flag="absent")[0].directory == {}


def test_setting_the_flag_does_not_reach_the_worker() -> None:
    """Only a restart makes the running application read."""
    organization, server = lab_of(flag="off")
    set_flag(organization, server, NOON, enabled=True)

    assert organization.directory[server.fqdn].mrsproxy_enabled
    assert organization.directory[server.fqdn].changed_at == NOON
    assert not server.worker.mrsproxy_on


@pytest.mark.parametrize(("flag", "is_on"), [("on", True), ("off", False), ("absent", False)])
def test_a_new_worker_reads_the_flag(flag: str, is_on: bool) -> None:
    """A recycle gives a new process with a new start, which has read the directory."""
    organization, server = lab_of(flag=flag, worker="off" if is_on else "on")
    before = server.worker.process_id
    start_worker(organization, server, NOON)

    assert (server.worker.mrsproxy_on, server.worker.started_at) == (is_on, NOON)
    assert server.worker.process_id != before


def test_a_restart_takes_its_time() -> None:
    """IIS is down until it is back, and everything of the old generation is gone."""
    organization, server = lab_of(restart={"takes": "30s"})

    assert restart_iis(organization, server, NOON)
    assert server.iis_generation == 1
    assert server.iis_is_down(NOON + timedelta(seconds=29))
    assert not server.iis_is_down(NOON + timedelta(seconds=30))
    assert server.worker.started_at == NOON + timedelta(seconds=30)


def test_a_useless_restart_changes_nothing_that_was_read() -> None:
    """The worker is new, and has read what the old one had."""
    organization, server = lab_of(flag="on", worker="off", restart={"outcome": "useless"})

    assert restart_iis(organization, server, NOON)
    assert (server.worker.mrsproxy_on, server.worker.started_at) == (False, NOON)


def test_a_server_that_dies_never_comes_back() -> None:
    """Its Exchange and HTTPS channels are down for good; WinRM does not live in IIS."""
    organization, server = lab_of(restart={"outcome": "dies"})

    assert not restart_iis(organization, server, NOON)
    assert server.down == {ChannelName.EXCHANGE, ChannelName.HTTPS}
    assert server.iis_is_down(NOON + timedelta(days=3650))


def test_events_are_as_old_as_told() -> None:
    """The log is in order of time, oldest record first, with numbers that rise."""
    _, server = lab_of(events=[{"ago": "5m"}, {"ago": "2h"}], oldest_record="1d")

    assert [NOON - record.recorded_at for record in server.log] == [
        timedelta(days=1),
        timedelta(hours=2),
        timedelta(minutes=5),
    ]
    assert [record.number for record in server.log] == [1, 2, 3]


def test_what_is_older_than_the_oldest_record_has_left_the_log() -> None:
    """The log is circular."""
    assert len(lab_of(events=[{"ago": "2h"}], oldest_record="1h")[1].log) == 1


def test_an_event_before_the_last_restart_names_another_process() -> None:
    """Value 14 is the process that wrote the event."""
    _, server = lab_of(events=[{"ago": "2h"}, {"ago": "5m"}], worker_started="1h")

    assert server.log[1].data[14] != str(server.worker.process_id) == server.log[2].data[14]


def test_events_may_be_about_something_else() -> None:
    """The fleet tells exception and message."""
    _, server = lab_of(events=[{"ago": "5m", "exception": "IOException", "message": "disk"}])

    assert server.log[1].data[17] == "IOException"
    assert server.log[1].data[18].startswith("disk\n")


def test_a_refused_request_is_logged_at_most_once_a_minute() -> None:
    """ASP.NET's own limit, per application."""
    _, server = lab_of(worker="off")
    for seconds in (0, 59, 60):
        log_refused_request(server, REQUEST, NOON + timedelta(seconds=seconds))

    assert [record.recorded_at for record in server.log if is_mrsproxy_off(record)] == [
        NOON,
        NOON + timedelta(seconds=60),
    ]


def test_a_new_worker_has_its_own_minute() -> None:
    """The limit belongs to the application's lifetime, and another event does not count."""
    organization, server = lab_of(flag="off", events=[{"ago": "30s"}, {"ago": "1s", "message": "other"}])
    start_worker(organization, server, NOON)
    log_refused_request(server, REQUEST, NOON)

    assert len(server.log) == 4


def test_exchange_2010_logs_as_asp_net_2() -> None:
    """Told events and new ones name the same provider."""
    _, server = lab_of(version="14.3 (Build 123.4)", worker="off", events=[{"ago": "1h"}])
    log_refused_request(server, REQUEST, NOON)

    assert {record.provider for record in server.log[1:]} == {"ASP.NET 2.0.50727.0"}


def test_a_component_is_active_while_nobody_holds_it() -> None:
    """Each requester has its own say, and only of its component."""
    _, server = lab_of()
    server.components["EwsProxy", "Maintenance"] = ComponentState(INACTIVE, NOON)
    server.components["EwsProxy", "Functional"] = ComponentState(ACTIVE, NOON)

    assert not server.component_is_active("EwsProxy")
    assert server.component_is_active("OwaProxy")


def test_servers_are_found_by_both_names() -> None:
    """FQDN or NetBIOS name, in any case of letters."""
    organization, server = lab_of()

    assert organization.server_named("EX01.contoso.COM") is server
    assert organization.server_named("Ex01") is server
    assert organization.server_named("ex02") is None


def test_guids_are_the_same_in_every_run() -> None:
    """A recorded answer can be compared with a new one."""
    _, server = lab_of()

    assert server.guid("ews") == guid_of("ex01.contoso.com/ews") != server.guid("server")


def test_facts_of_the_fleet_reach_the_server() -> None:
    """What nothing here changes is handed on."""
    organization, server = lab_of(
        group="frankfurt", site="Frankfurt", pool="mail.contoso.com", latency="50ms", fix="allowed"
    )

    assert (server.group, server.site, server.pool) == ("frankfurt", "Frankfurt", "mail.contoso.com")
    assert (server.latency_seconds, server.fix.value, server.netbios) == (0.05, "allowed", "EX01")
    assert organization.domain_controllers == ("dc01.contoso.com", "dc02.contoso.com")


def test_an_event_may_differ_from_asp_nets() -> None:
    """By the request, by its values, by the computer that wrote it."""
    events = [
        {"ago": "3h", "path": "/owa/x.aspx?q"},
        {"ago": "2h", "data": ["one", "two"]},
        {"ago": "1h", "computer": "EX02"},
    ]
    lab = organization_from(fleet_from(servers=[{"name": "ex01.contoso.com", "events": events}]), NOON)
    _, asked, odd, foreign = lab.servers["ex01.contoso.com"].log

    assert (asked.data[10], asked.data[19], asked.data[20]) == (
        "/owa",
        "https://ex01.contoso.com:443/owa/x.aspx?q",
        "/owa/x.aspx",
    )
    assert odd.data == ("one", "two")
    assert "<Computer>EX02</Computer>" in record_xml(foreign, "ex01.contoso.com")
