"""What is wrong with a switch of another's already is told, and no reason to refuse what is planned beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import sonicfab
from plannings import planned
from sonicfab.operations import push as pushes
from sonicfab.operations.push import InvalidConfigsError, Planned
from sonicfab.ownership.record import Record
from sonicfab.ownership.settle import OnSwitch
from sonicfab.push.refusals import Observation
from sonicfab.runner import Outcome
from test_push_shown import MORE

WRONG = """
switches:
  leaf1:
    extra:
      config_db:
        VLAN:
          Vlan7: {mtu: "70000"}
"""
BESIDE = f"ownership: planned\n{MORE}{WRONG}"


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Planned:
    return planned(tmp_path_factory.mktemp("fabric"), more=BESIDE)


def seen(shown: Planned, row: Mapping[str, Any] | None = None) -> dict[str, Observation]:
    """The switches, with that row of VLAN|Vlan7 on leaf1."""
    looks: dict[str, Observation] = {}
    for name, look in shown.looks.items():
        running = {**look.found.running}
        if name == "leaf1" and row is not None:
            running["VLAN"] = {**running.get("VLAN", {}), "Vlan7": dict(row)}
        target, _ = shown.targets[name].settled(OnSwitch(running, running, look.found.stored_frr, Record()))
        looks[name] = replace(look, found=replace(look.found, running=running, target=target))
    return looks


@pytest.fixture
def plan(shown: Planned, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Planned]:
    """`sonicfab plan`, of switches that were seen as it is said."""

    def asked(looks: Mapping[str, Observation | None], **options: Any) -> Planned:
        outcomes = {name: Outcome(value=looks[name]) for name in shown.outcomes if name in looks}
        monkeypatch.setattr(pushes, "look_and_decide", lambda *_: replace(shown, outcomes=outcomes))
        monkeypatch.setattr(sonicfab.Site, "for_push", lambda self: self, raising=False)
        return pushes.plan(shown.site, **options)

    return asked


def test_what_a_switch_runs_with_already_does_not_keep_it_from_a_push(
    shown: Planned, plan: Callable[..., Planned]
) -> None:
    assert plan(seen(shown, {"mtu": "70000"})).standing == 1


@pytest.mark.parametrize("row", [None, {"mtu": "80000"}])
def test_what_a_push_would_bring_does(
    row: Mapping[str, Any] | None, shown: Planned, plan: Callable[..., Planned]
) -> None:
    with pytest.raises(InvalidConfigsError, match="nothing was changed") as caught:
        plan(seen(shown, row))
    assert [(one.switch, one.code) for one in caught.value.validation.findings] == [("leaf1", "SF-104")]


def test_of_a_switch_that_could_not_be_asked_nothing_is_known(shown: Planned, plan: Callable[..., Planned]) -> None:
    """It is refused by itself, and with it the whole push."""
    assert plan({name: look for name, look in seen(shown).items() if name != "leaf1"}).standing == 1


def test_where_all_is_ours_it_is_refused_before_anybody_is_asked(
    shown: Planned, plan: Callable[..., Planned], tmp_path: Path
) -> None:
    with pytest.raises(InvalidConfigsError, match="compared or changed"):
        plan(shown.looks, take_over=["leaf1"])
    whole = planned(tmp_path, more=f"{MORE}{WRONG}")
    with pytest.raises(InvalidConfigsError, match="compared or changed"):
        pushes.intend(whole.site, whole.options)
