"""`sonicfab ports`."""

from __future__ import annotations

from typing import Annotated

import typer

from sonicfab.cli import complete
from sonicfab.cli.options import Format, ImageBuild, Inventory, OutputFormat, Topology


def ports(
    switch: Annotated[
        str, typer.Argument(help="The switch.", metavar="SWITCH", autocompletion=complete.switch_of_inventory)
    ],
    inventory: Inventory,
    topology: Topology,
    need: Annotated[
        str, typer.Option("--need", "-n", help="Ports that are needed: 12x25G,4x10G.", metavar="PORTS")
    ] = "",
    build: ImageBuild = "",
    format: OutputFormat = Format.TABLE,  # noqa: A002 - the name of the option
) -> None:
    """Show the front of a switch: what is used, what is free, and which ports may have the speeds that you need.

    What is proposed are lines for `ports:` of the topology.

    Example: sonicfab ports -i inventories/scs-lab.yml -t topologies/spine-leaf-1x2.yml st01-sw25g-r01-u34
    --need 12x25G,4x10G
    """
    from sonicfab.cli.options import open_site
    from sonicfab.errors import ChecksFailedError, InputError
    from sonicfab.hints import did_you_mean
    from sonicfab.plan.frontpanel import Need, propose
    from sonicfab.report.ports import json_ports, missing, show_ports

    try:
        needs = Need.several(need) if need else ()
    except ValueError as err:
        raise InputError(f"--need: not a number of ports at a speed: '{err}'", "such as --need 12x25G,4x10G") from err
    switches = {one.name: one for one in open_site(inventory, topology, image_build=build).switches}
    if switch not in switches:
        raise InputError(f"{switch}: no such switch in this fabric", did_you_mean(switch, switches))
    offers = propose(switches[switch], needs)
    (json_ports if format is Format.JSON else show_ports)(switches[switch], offers)
    if lacking := missing(switches[switch], offers):
        raise ChecksFailedError(lacking)
