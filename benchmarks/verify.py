"""Verify: a lab of 100 switches against bare SSH sessions; a healthy fabric again and again.

In the same run, from the same machine: wall clock, and CPU of this process alone (the lab's switches use the same
cores, and their own programs are most of what is waited for). One floor logs in to every switch as verify does and runs
one command; the other runs the commands of verify, and looks at nothing that they print. Then, for the plan alone,
what it takes to know the expectations of 1,000 switches.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import resource
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from measure import sonicfab
from scale import write_inputs
from sonicfab.access import Access
from sonicfab.fabric import Fabric, open_fabric, render_fabric
from sonicfab.lab.access import lab_access
from sonicfab.lab.state import find_lab
from sonicfab.plan.types import SwitchPlan
from sonicfab.render import SwitchConfig
from sonicfab.runner import run_all
from sonicfab.switch.ask import script
from sonicfab.verify.expect import FabricExpectations
from sonicfab.verify.registry import CHECKS
from sonicfab.verify.run import Verification, verify

SIZES = {6: (1, 2, 4), 30: (1, 4, 26), 100: (4, 4, 21)}
"""Switches -> pods, spines and leaves of each."""
NAME = "benchmark"


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def timed(task: Callable[[], object]) -> tuple[float, float]:
    """Wall-clock and CPU seconds."""
    wall, cpu = time.monotonic(), _cpu()
    task()
    return time.monotonic() - wall, _cpu() - cpu


@contextmanager
def lab_of(folder: Path, size: int) -> Iterator[tuple[Fabric, Access, dict[str, SwitchConfig]]]:
    """A lab that boots from its rendered configs."""
    pods, spines, leaves = SIZES[size]
    inventory, topology = write_inputs(folder, pods, spines, leaves, unnumbered=True)
    files = ("-i", str(inventory), "-t", str(topology))
    sonicfab("render", *files, "-o", str(folder / "out"))
    fabric = open_fabric(inventory, topology)
    sonicfab("lab", "up", *files, "--name", NAME, "--from", str(folder / "out"))
    try:
        configs = {one.switch: one for one in render_fabric(fabric, fabric.plan.switches.values())}
        yield fabric, lab_access(find_lab(NAME)), configs
    finally:
        sonicfab("lab", "down", "--name", NAME)


def floor(access: Access, fabric: Fabric) -> None:
    """Log in to every switch and run one command."""

    def one(switch: SwitchPlan, _stop: threading.Event) -> None:
        with contextlib.closing(access.connect(switch)) as transport:
            if not transport.run("hostname").ok:
                raise RuntimeError(switch.name)

    for outcome in run_all(fabric.plan.switches.values(), one):
        if outcome.error:
            raise outcome.error


def commands_alone(access: Access, fabric: Fabric, configs: dict[str, SwitchConfig]) -> None:
    """Log in to every switch and run what verify runs, in as many exec channels."""
    expectations = FabricExpectations(fabric.plan, configs, provides=access.provides)

    def one(switch: SwitchPlan, _stop: threading.Event) -> None:
        expected = expectations.of(switch)
        with contextlib.closing(access.connect(switch)) as transport:
            for last in (False, True):
                questions = [one for check in CHECKS if check.last == last for one in check.questions(expected)]
                if not transport.run(script({one.name: one for one in questions}.values(), "--mark--")).ok:
                    raise RuntimeError(switch.name)

    for outcome in run_all(fabric.plan.switches.values(), one):
        if outcome.error:
            raise outcome.error


def look(access: Access, fabric: Fabric, configs: dict[str, SwitchConfig], timeout: float) -> Verification:
    """Verify everything."""
    switches = fabric.plan.switches.values()
    return verify(access, fabric.plan, switches, timeout, lambda *_: None, configs=configs)


def against_floor(size: int, runs: int) -> None:
    """Both, one after the other, several times."""
    with tempfile.TemporaryDirectory() as folder, lab_of(Path(folder), size) as (fabric, access, configs):
        first = look(access, fabric, configs, 300)
        print(f"{size} switches: healthy after {first.seconds:.1f} s, {first.count('ok')} expectations met")
        print("        one command s  CPU s   commands of verify s  CPU s   verify s  CPU s   ratios wall  CPU")
        for _ in range(runs):
            bare = timed(lambda: floor(access, fabric))
            same = timed(lambda: commands_alone(access, fabric, configs))
            whole = timed(lambda: _good(look(access, fabric, configs, 0)))
            ratios = (whole[0] / bare[0], whole[0] / same[0], whole[1] / bare[1], whole[1] / same[1])
            print("{:>21.1f} {:>6.1f} {:>22.1f} {:>6.1f} {:>10.1f} {:>6.1f}".format(*bare, *same, *whole), end="")
            print("   {:.1f} / {:.2f}  {:.1f} / {:.2f}".format(*ratios), f" load {os.getloadavg()[0]:.1f}")
            sys.stdout.flush()


def _good(verification: Verification) -> None:
    if verification.exit_code:
        for finding in verification.findings:
            print("  ", finding.code, finding.where, finding.cause, file=sys.stderr)
        raise RuntimeError(f"{verification.count('failed')} failed on a healthy fabric")


def again_and_again(times: int) -> None:
    """A healthy fabric of 6, many times: every look must find nothing."""
    with tempfile.TemporaryDirectory() as folder, lab_of(Path(folder), 6) as (fabric, access, configs):
        look(access, fabric, configs, 60)
        seconds = [timed(lambda: _good(look(access, fabric, configs, 0)))[0] for _ in range(times)]
        print(f"{times} looks at 6 healthy switches: 0 findings; {sum(seconds) / times:.2f} s each on average")


def plan_alone(pods: int, spines: int, leaves: int) -> None:
    """What a thousand switches are expected to see, without asking any; every one sees all the others."""
    with tempfile.TemporaryDirectory() as folder:
        inventory, topology = write_inputs(Path(folder), pods, spines, leaves, unnumbered=True)
        _join(inventory, topology, pods, spines)
        plan = open_fabric(inventory, topology).plan
        expectations = FabricExpectations(plan)
        counts: list[int] = []
        wall, cpu = timed(lambda: counts.extend(len(expectations.of(one).ways) for one in plan.switches.values()))
        print(
            f"{sum(counts)} ways that {len(plan.switches)} switches with {len(plan.links)} links are to know: "
            f"{wall:.1f} s, CPU {cpu:.1f} s"
        )


def _join(inventory: Path, topology: Path, pods: int, spines: int) -> None:
    """Spine n of every pod to superspine n; spines have ASNs of their own, or no route would come from pod to pod."""
    with inventory.open("a") as file:
        for number in range(spines):
            management = f"{{address: 10.254.0.{number + 1}/8}}"
            mac = f"02:00:fe:00:00:{number:02x}"
            own = f'role: superspine, platform: as7726-32x, mac: "{mac}", management: {management}'
            file.write(f"  superspine{number}: {{{own}}}\n")
    asns = "asn: {superspine: 4199999999, spine: 4199000000-4199000999,"
    text = topology.read_text().replace("asn: {spine: 4200000000,", asns)
    links = (
        f'  - {{link: "superspine{number}:Ethernet{4 * pod} - p{pod}-spine{number}:Ethernet112"}}\n'
        for pod in range(pods)
        for number in range(spines)
    )
    topology.write_text(text + "".join(links))


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=100, choices=list(SIZES))
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--times", type=int, default=50, help="looks at a healthy fabric; 0 leaves that out")
    options = parser.parse_args()
    plan_alone(32, 4, 27)
    if options.times:
        again_and_again(options.times)
    against_floor(options.size, options.runs)


if __name__ == "__main__":
    main()
