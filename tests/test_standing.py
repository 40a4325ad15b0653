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


def with_row(look: Observation, row: Mapping[str, Any]) -> Observation:
    running = {**look.found.running, "VLAN": {**look.found.running.get("VLAN", {}), "Vlan7": dict(row)}}
    return replace(look, found=replace(look.found, running=running))


@pytest.fixture
def plan(shown: Planned, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Planned]:
    """`sonicfab plan`, of switches that were seen as it is said."""

    def seen(looks: Mapping[str, Observation | None], **options: Any) -> Planned:
        outcomes = {name: Outcome(value=looks[name]) for name in shown.outcomes if name in looks}
        monkeypatch.setattr(pushes, "look_and_decide", lambda *_: replace(shown, outcomes=outcomes))
        monkeypatch.setattr(sonicfab.Site, "for_push", lambda self: self, raising=False)
        return pushes.plan(shown.site, **options)

    return seen


def test_what_a_switch_runs_with_already_does_not_keep_it_from_a_push(
    shown: Planned, plan: Callable[..., Planned]
) -> None:
    there = {**shown.looks, "leaf1": with_row(shown.looks["leaf1"], {"mtu": "70000"})}
    assert plan(there).standing == 1


@pytest.mark.parametrize("row", [None, {"mtu": "80000"}])
def test_what_a_push_would_bring_does(
    row: Mapping[str, Any] | None, shown: Planned, plan: Callable[..., Planned]
) -> None:
    there = shown.looks if row is None else {**shown.looks, "leaf1": with_row(shown.looks["leaf1"], row)}
    with pytest.raises(InvalidConfigsError, match="nothing was changed") as caught:
        plan(there)
    assert [(one.switch, one.code) for one in caught.value.validation.findings] == [("leaf1", "SF-104")]


def test_of_a_switch_that_could_not_be_asked_nothing_is_known(shown: Planned, plan: Callable[..., Planned]) -> None:
    """It is refused by itself, and with it the whole push."""
    assert plan({name: look for name, look in shown.looks.items() if name != "leaf1"}).standing == 1


def test_where_all_is_ours_it_is_refused_before_anybody_is_asked(
    shown: Planned, plan: Callable[..., Planned], tmp_path: Path
) -> None:
    with pytest.raises(InvalidConfigsError, match="compared or changed"):
        plan(shown.looks, take_over=["leaf1"])
    whole = planned(tmp_path, more=f"{MORE}{WRONG}")
    with pytest.raises(InvalidConfigsError, match="compared or changed"):
        pushes.intend(whole.site, whole.options)
