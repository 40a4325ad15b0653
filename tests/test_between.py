"""Rules between switches that are shown one after the other."""

from __future__ import annotations

import gc
import random
import weakref
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sonicfab.endpoint import Endpoint
from sonicfab.fabric import render_fabric
from sonicfab.validate import run
from sonicfab.validate.between import Between
from sonicfab.validate.links import SwitchView
from sonicfab.validate.run import Subject, Validator
from sonicfab.validate.subjects import links_of, of_fabric
from test_golden import open_example


def _pod(number: int) -> tuple[list[SwitchView], list[tuple[Endpoint, Endpoint]]]:
    """Two spines and three leaves with nothing wrong."""
    spines, leaves = ([f"p{number}-{kind}{one}" for one in range(count)] for kind, count in (("spine", 2), ("leaf", 3)))
    links = [
        (Endpoint(spine, f"Ethernet{4 * far}"), Endpoint(leaf, f"Ethernet{4 * near}"))
        for near, spine in enumerate(spines)
        for far, leaf in enumerate(leaves)
    ]
    return [SwitchView.of(name, {}, None) for name in (*spines, *leaves)], links


def test_a_switch_is_held_until_those_it_is_linked_to_were_shown() -> None:
    pods = [_pod(number) for number in range(3)]
    between = Between(link for _, links in pods for link in links)
    held: list[weakref.ref[SwitchView]] = []
    while pods:
        views, _ = pods.pop(0)
        while views:
            held.append(weakref.ref(views[0]))
            between.show(views.pop(0))
        gc.collect()
        assert not [one for one in held if one() is not None]
    assert not list(between.findings())


def test_what_is_found_does_not_depend_on_the_order(monkeypatch: pytest.MonkeyPatch) -> None:
    fabric = open_example("dc-2x4")
    subjects, links = of_fabric(fabric.plan, render_fabric(fabric, fabric.plan.switches.values()))
    spoilt = [_spoilt(one, number) for number, one in enumerate(subjects)]
    monkeypatch.setattr(run, "BATCH", 2)
    wanted = Validator(models=False, vtysh=False).validate(spoilt, links).findings
    assert len([one for one in wanted if one.code.startswith("SF-3")]) > 3
    for seed in range(5):
        order = random.Random(seed).sample(spoilt, len(spoilt))
        found = Validator(models=False, vtysh=False).validate(iter(order), links).findings
        assert {_told(one) for one in found} == {_told(one) for one in wanted}


def _spoilt(one: Subject, number: int) -> Subject:
    """Every second one has another MTU on all ports."""
    config: dict[str, Any] = dict(one.config_db or {})
    config["PORT"] = {port: {**row, "mtu": "1500"} if number % 2 else row for port, row in config["PORT"].items()}
    return replace(one, config_db=config)


def _told(one: Any) -> tuple[str, ...]:
    return one.switch, one.code, one.place, one.message


def test_a_link_to_a_switch_that_is_not_there_is_left_out(tmp_path: Path) -> None:
    fabric = open_example("scs-lab")
    subjects, _ = of_fabric(fabric.plan, render_fabric(fabric, fabric.plan.switches.values()))
    alone = Validator(models=False, vtysh=False).validate(subjects[:1], links_of(fabric.plan))
    assert alone.findings == ()
