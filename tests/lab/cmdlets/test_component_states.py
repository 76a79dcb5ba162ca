"""`Get-` and `Set-ServerComponentState`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

MakeBench = Callable[..., Any]
GET, SET = "Get-ServerComponentState", "Set-ServerComponentState"
DRAIN = {"Component": "ewsproxy", "State": "inactive", "Requester": "maintenance"}


def test_a_server_has_all_components_active(bench: MakeBench) -> None:
    """Those of a recorded Exchange 2016, in its order."""
    lab = bench()
    result = lab.exchange(lab.command(GET, "EX01"))

    assert len(result.output) == 35
    assert lab.texts(result, "Component")[0] == "ServerWideOffline"
    assert set(lab.texts(result, "State")) == {"Active"}


def test_the_object_has_the_shape_of_a_recorded_one(bench: MakeBench) -> None:
    """All properties in order; the requesters with their own text."""
    lab = bench()
    root = lab.element(lab.exchange(lab.command(GET, "EX01", Component="EwsProxy")).output[0])

    assert " ".join(child.get("N") for child in root.find("Props")) == (
        "ServerFqdn Component State ServerWideOfflineIsOffline RemoteStates LocalStates Identity IsValid ObjectState"
    )
    assert root.findtext("Props/Obj/LST/Obj/ToString") == (
        "Requestor:Functional; State:Active; Timestamp:12/27/2024 12:00:00 PM"
    )


def test_a_server_is_drained_and_comes_back(bench: MakeBench) -> None:
    """The state follows the requester, in PowerShell's spelling of its words."""
    lab = bench()
    lab.exchange(lab.command(SET, "EX01", **DRAIN))
    drained = lab.exchange(lab.command(GET, "EX01", Component="EwsProxy"))
    lab.exchange(lab.command(SET, "EX01", **(DRAIN | {"State": "Active"})))
    back = lab.exchange(lab.command(GET, "EX01", Component="EwsProxy"))

    assert (lab.texts(drained, "State"), lab.texts(back, "State")) == (["Inactive"], ["Active"])
    assert lab.server.components["EwsProxy", "Maintenance"].state == "Active"


def test_each_requester_has_its_own_say(bench: MakeBench) -> None:
    """Reactivating as another requester does not bring the component back."""
    lab = bench()
    lab.exchange(lab.command(SET, "EX01", **DRAIN))
    lab.exchange(lab.command(SET, "EX01", **(DRAIN | {"State": "Active", "Requester": "HealthApi"})))

    assert not lab.server.component_is_active("EwsProxy")


def test_what_if_changes_nothing(bench: MakeBench) -> None:
    """It is only told."""
    lab = bench()

    assert lab.exchange(lab.command(SET, "EX01", **DRAIN, WhatIf=None)).failure is None
    assert lab.server.component_is_active("EwsProxy")


def test_it_prompts_only_when_told_to(bench: MakeBench) -> None:
    """-Confirm alone asks, and nobody answers."""
    lab = bench()

    assert "HostFunctionNotImplemented" in lab.error_id(lab.exchange(lab.command(SET, "EX01", **DRAIN, Confirm=True)))
    assert lab.exchange(lab.command(SET, "EX01", **DRAIN, Confirm=False)).failure is None


def test_an_object_lists_the_requesters_of_its_component(bench: MakeBench) -> None:
    """Those who had a say, of this component only."""
    lab = bench()
    lab.exchange(lab.command(SET, "EX01", **DRAIN))

    for component, requesters in {"EwsProxy": ["Functional", "Maintenance"], "OwaProxy": ["Functional"]}.items():
        root = lab.element(lab.exchange(lab.command(GET, "EX01", Component=component)).output[0])
        listed = root.iterfind("Props/Obj[@N='LocalStates']/LST/Obj/Props/S[@N='Requester']")
        assert [one.text for one in listed] == requesters


@pytest.mark.parametrize("name", ["Component", "State", "Requester"])
def test_unknown_words_are_refused(bench: MakeBench, name: str) -> None:
    """With those that are known."""
    lab = bench()
    failure = lab.exchange(lab.command(SET, "EX01", **(DRAIN | {name: "Nope"}))).failure

    assert f"'Nope' of parameter '{name}'" in failure.message
    assert lab.server.components == {}


def test_exchange_2010_has_no_component_states(bench: MakeBench) -> None:
    """They came with 2013."""
    lab = bench({"version": "14.3 (Build 123.4)"})

    assert "InvalidOperationException" in lab.error_id(lab.exchange(lab.command(GET, "EX01")))
