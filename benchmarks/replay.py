"""An SSH server that answers as the healthy switches of a fabric do: each at an address of 127.0.0.0/8 of its own.

It is a program of its own, so that what it costs is not counted: `python replay.py INVENTORY TOPOLOGY FOLDER [ODD...]`
writes the host keys (known) and the key that logs in (id) into the folder, then its port. What a switch runs and stores
is what `render` makes for it. ODD is SWITCH=slow (20 s a command), SWITCH=dead (nothing listens), SWITCH=stranger
(another host key) or SWITCH=rubbish.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

import asyncssh

from sonicfab.fabric import open_fabric, render_fabric

SLOW = 20.0
_PART = re.compile(r"\( (.*?) \) < /dev/null; c=\$\?; echo; echo (--[0-9a-f]{16}--) \$c; echo \2 >&2", re.DOTALL)


def address_of(number: int) -> str:
    """Of the n-th switch."""
    return f"127.1.{number >> 8}.{number & 255}"


class Fabric:
    """What its switches say."""

    def __init__(self, inventory: Path, topology: Path, odd: dict[str, str]) -> None:
        fabric = open_fabric(inventory, topology)
        self.odd = odd
        self.plans = dict(fabric.plan.switches)
        self.names = {address_of(number): name for number, name in enumerate(self.plans, 1)}
        self.configs = {one.switch: one for one in render_fabric(fabric, self.plans.values())}

    def answer(self, name: str, command: str) -> tuple[str, int]:
        """What a command prints, and its exit code."""
        plan, config = self.plans[name], self.configs[name]
        told = plan.build.identified_by
        platform = {"platform": plan.platform.platform, "hwsku": plan.platform.hwsku, "serial": "S1"}
        database = dict(config.config_db.items())
        said: dict[str, Callable[[], str]] = {
            "sonic_version.yml": lambda: "".join(f"{key}: '{value}'\n" for key, value in told.items()),
            "show platform summary": lambda: json.dumps(platform),
            "localhost.mac": lambda: plan.mac,
            "sonicfab-lab.json": lambda: "null\n",
            "owned.json": lambda: "",
            "minigraph.xml": lambda: "",
            "config_db.json": lambda: json.dumps(database, indent=4),
            "--print-data": lambda: json.dumps(database, indent=4),
            "frr.conf": lambda: config.frr,
            "running-config": lambda: config.frr,
        }
        found = next((text for word, text in said.items() if word in command), None)
        return ("", 127) if found is None else (found(), 0)

    async def serve(self, process: asyncssh.SSHServerProcess[str]) -> None:
        """One command, or several with marks between them, as `sonicfab.switch.ask` has them."""
        name = self.names[process.get_extra_info("sockname")[0]]
        command = process.command or ""
        if self.odd.get(name) == "slow":
            await asyncio.sleep(SLOW)
        if self.odd.get(name) == "rubbish":
            process.stdout.write("\x1b[2J{]" * 400)
            process.exit(0)
            return
        parts = _PART.findall(command)
        for one, mark in parts:
            text, code = self.answer(name, one)
            process.stdout.write(f"{text}\n{mark} {code}\n")
            process.stderr.write(f"{mark}\n")
        code = 0
        if not parts:
            text, code = self.answer(name, command)
            process.stdout.write(text)
        process.exit(code)


async def main(inventory: Path, topology: Path, folder: Path, odd: dict[str, str]) -> None:
    """Listen at every address until it is ended."""
    fabric = Fabric(inventory, topology, odd)
    host, other, user = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(3))
    user.write_private_key(str(folder / "id"))
    (folder / "authorized").write_text(user.export_public_key().decode())
    port, known = 0, ""
    for address, name in fabric.names.items():
        if odd.get(name) != "dead":
            server = await asyncssh.listen(
                address,
                port,
                server_host_keys=[other if odd.get(name) == "stranger" else host],
                authorized_client_keys=str(folder / "authorized"),
                process_factory=fabric.serve,
                backlog=64,
            )
            port = port or server.get_port()
        known += f"[{address}]:{port} {' '.join(host.export_public_key().decode().split()[:2])}\n"
    (folder / "known").write_text(known)
    print(port, flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(
        main(Path(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), dict(one.split("=") for one in sys.argv[4:]))
    )
