"""What plan and push show before anything is changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from sonicfab import configdb
from sonicfab.errors import InputError
from sonicfab.fabric import open_fabric, render_fabric
from sonicfab.families import Family
from sonicfab.frr import conf
from sonicfab.push.comparison import Comparison, Target
from sonicfab.push.guarded import Limits
from sonicfab.push.refusals import Observation
from sonicfab.push.results import PushResult, SwitchPush
from sonicfab.push.run import Decision, PushOptions, decide
from sonicfab.render import SwitchConfig
from sonicfab.report.progress import ProgressBar
from sonicfab.report.push import show_deadlines, show_decision, show_push
from sonicfab.roles import Role
from sonicfab.switch.guard import GuardStatus
from sonicfab.switch.state.bgp import BgpPeer

FREE = GuardStatus("none", "", "", 0, (), "", "")


def fabric_of(folder: Path, leaves: int, more: str = "") -> tuple[Path, Path]:
    """A spine pair with that many leaves, unnumbered."""
    names = [f"leaf{number}" for number in range(1, leaves + 1)]
    devices = [(name, "leaf", "as7326-56x") for name in names]
    devices += [(f"spine{number}", "spine", "as7726-32x") for number in (1, 2)]
    lines = [
        f'  {name}: {{role: {role}, platform: {model}, mac: "02:00:00:00:00:{number:02x}", '
        f"management: {{address: 192.0.2.{number}/24}}}}\n"
        for number, (name, role, model) in enumerate(devices, 1)
    ]
    ports = "".join(f"      {name}: Ethernet{4 * number}\n" for number, name in enumerate(names))
    inventory, topology = folder / "inventory.yml", folder / "topology.yml"
    inventory.write_text(
        "defaults: {image_build: community-202411, management: {gateway: 192.0.2.254}}\ndevices:\n" + "".join(lines)
    )
    topology.write_text(
        f"name: many\nasn: {{spine: 4200000000, leaf: 4200000001-4200000999}}\nloopbacks: {{ipv4: 10.0.0.0/24}}\n{more}"
        f"links:\n  - spines: [spine1, spine2]\n    uplinks: [Ethernet72, Ethernet76]\n    leaves:\n{ports}"
    )
    return inventory, topology


def rendered(folder: Path, leaves: int, more: str = "") -> tuple[dict[str, SwitchConfig], dict[str, Role]]:
    fabric = open_fabric(*fabric_of(folder, leaves, more))
    configs = {one.switch: one for one in render_fabric(fabric, fabric.plan.switches.values())}
    return configs, {name: switch.role for name, switch in fabric.plan.switches.items()}


def looked(running: SwitchConfig, target: Target) -> Observation:
    """A switch that runs and stores `running`, with all sessions up."""
    assert running.frr is not None
    assert target.frr is not None
    peers = [line.split()[1] for line in running.frr.splitlines() if " interface peer-group " in line]
    text = configdb.dumps(running.config_db)
    return Observation(
        Comparison(
            config_db=tuple(configdb.diff(target.config_db, running.config_db, target.owned)),
            frr=tuple(conf.diff(target.frr, running.frr)),
            stored=(),
            drift=(),
            mode_resetters=(),
            running=running.config_db,
            running_frr=running.frr,
            stored_config_db=text,
            stored_frr=running.frr,
            frr_down="",
            peers=tuple(BgpPeer(one, Family.IPV4, 1, 2, "Established", "", 1, 1, 1.0, "") for one in peers),
        ),
        FREE,
        10**9,
    )


def shown(tmp_path: Path, capsys: pytest.CaptureFixture[str], leaves: int, more: str, *, everything: bool) -> str:
    (tmp_path / "old").mkdir()
    (tmp_path / "new").mkdir()
    old, _ = rendered(tmp_path / "old", leaves)
    new, roles = rendered(tmp_path / "new", leaves, more)
    plan = open_fabric(*fabric_of(tmp_path / "new", leaves, more)).plan
    targets = {name: Target.of(config) for name, config in new.items()}
    looks = {name: looked(old[name], targets[name]) for name in targets}
    decision = decide(plan, targets, looks, PushOptions())
    intended = {name: target.config_db for name, target in targets.items()}
    show_decision(looks, decision, intended, roles, everything=everything)
    return capsys.readouterr().out


MORE = "bgp: {maximum_paths: 32}\nhosts: {prefixes: {ipv4: 10.9.0.0/16}, ports: [{role: leaf, ports: [Ethernet0-3]}]}\n"


def test_equal_changes_of_many_switches_are_told_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Forty leaves need no more lines than seven do."""
    few = shown(tmp_path, capsys, 7, MORE, everything=False)
    (tmp_path / "many").mkdir()
    many = shown(tmp_path / "many", capsys, 30, MORE, everything=False)
    before_steps = [text.partition("steps:")[0].splitlines() for text in (few, many)]
    assert len(before_steps[0]) == len(before_steps[1]) < 60
    assert "all 32 switches: " in many
    assert "+ all 32 switches: frr.conf: router bgp * / address-family ipv4 unicast / maximum-paths 32" in many
    assert "PORT|Ethernet0-3 admin_status: down -> up" in many
    assert max(map(len, many.splitlines())) <= 100


def test_every_single_change_is_shown_when_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    every = shown(tmp_path, capsys, 7, MORE, everything=True)
    assert every.count("PORT|Ethernet3 admin_status: down -> up") == 7


def decided(tmp_path: Path, way: str) -> Decision:
    """The decision of a push with `--way`, where three switches differ in FRR and CONFIG_DB."""
    (tmp_path / "old").mkdir()
    (tmp_path / "new").mkdir()
    old, _ = rendered(tmp_path / "old", 1)
    new, _ = rendered(tmp_path / "new", 1, MORE)
    plan = open_fabric(*fabric_of(tmp_path / "new", 1, MORE)).plan
    targets = {name: Target.of(config) for name, config in new.items()}
    return decide(plan, targets, {name: looked(old[name], targets[name]) for name in targets}, PushOptions(way))


def test_a_way_that_does_not_fit_says_why_for_every_switch(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        decided(tmp_path, "frr-delta")
    lines = str(caught.value).splitlines()
    assert lines[0] == "--way frr-delta does not lead there:"
    assert lines[1] == "  leaf1: CONFIG_DB and FRR differ, and frr-delta is for changes of FRR alone"
    assert not [line for line in lines if line.endswith((":", ": "))][1:], "no reason is empty"


def test_when_a_switch_goes_back_by_itself_is_told_with_the_time_of_its_way(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    show_deadlines(decided(tmp_path, "reload"), Limits(confirm_within=20))
    said = capsys.readouterr().out
    assert said == (
        "unless confirmed, a switch goes back by itself: leaf1, spine1, spine2 140 s after its change was begun\n"
    )


def test_what_is_done_with_is_no_longer_shown_as_at_work(monkeypatch: pytest.MonkeyPatch) -> None:
    class Bar:
        step = ""

        def update(self, _task: object, *, step: str, completed: int = 0) -> None:
            del completed
            self.step = step

    progress, bar = ProgressBar("pushing", 4), Bar()
    monkeypatch.setattr(progress, "_bar", bar)
    for name in ("leaf1", "leaf2"):
        progress.tell(name, "proving")
    progress.tell("spine1", "checking")
    assert bar.step == "leaf1, leaf2: proving; spine1: checking"
    progress.finish("leaf1")
    assert bar.step == "leaf2: proving; spine1: checking"
    progress.finish("leaf2")
    progress.finish("spine1")
    assert bar.step == ""


@pytest.mark.parametrize(
    ("error", "told"),
    [
        ("admin@192.0.2.1:22 refused the login", "leaf1: admin@192.0.2.1:22 refused the login"),
        ("show platform summary --json: not JSON: {", "leaf1: show platform summary --json: not JSON: {"),
        ("leaf12 went back", "leaf1: leaf12 went back"),
        ("leaf1: no answer", "leaf1: no answer"),
        ("leaf1 went back because spine1 went back", "leaf1 went back because spine1 went back"),
    ],
)
def test_every_reason_names_its_switch(error: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Of many switches, one of them said that."""
    show_push(PushResult("many", (SwitchPush("leaf1", "failed", None, (), error=error),), refused=True))
    assert told in capsys.readouterr().out.splitlines()
