"""`sonicfab builds learn` and `sonicfab builds forget`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sonicfab.cli.options import Format, Lab, LabName, OutputFormat, SomeInventory, SomeTopology, Verbose
from sonicfab.errors import InputError

if TYPE_CHECKING:
    from sonicfab.catalog import Catalog
    from sonicfab.learn.findings import Findings

Name = Annotated[str, typer.Argument(help="Name of the learned build, as inventories will write it.", metavar="NAME")]


From = Annotated[
    Path | None,
    typer.Option("--from", help="Learn from an unpacked image's root, or a sonic-buildimage checkout.", metavar="DIR"),
]
Settings = Annotated[
    list[str],
    typer.Option("--set", help="Give a fact that cannot be found, or another value for it.", metavar="FACT=VALUE"),
]
IdentifiedBy = Annotated[
    list[str],
    typer.Option(
        help="The key of sonic_version.yml that tells the build; build_version unless given. May be repeated.",
        metavar="KEY",
    ),
]


def learn(
    name: Name,
    switch: Annotated[
        str, typer.Option("--switch", "-s", help="Learn from this switch, over SSH.", metavar="SWITCH")
    ] = "",
    folder: From = None,
    inventory: SomeInventory = None,
    topology: SomeTopology = None,
    lab: Lab = False,
    lab_name: LabName = "",
    settings: Settings = [],  # noqa: B006 - typer copies it
    identified_by: IdentifiedBy = [],  # noqa: B006
    replace: Annotated[bool, typer.Option("--replace", help="Replace what was learned under this name.")] = False,
    format: OutputFormat = Format.TABLE,  # noqa: A002 - the name of the option
    verbose: Verbose = 0,
) -> None:
    """Make the profile of an image build from the real thing: a running switch, or files.

    Inventories then name it like the builds that ship: image_build: NAME. Nothing is changed on the switch, which
    may run any image, but must be the one that the inventory means.

    Example: sonicfab builds learn site-1 --switch leaf1 -i inventories/site.yml -t topologies/site.yml
    """
    from sonicfab.catalog import Catalog
    from sonicfab.learn.findings import BY_VERSION
    from sonicfab.learn.profile import check_name, given_facts, make_profile, write_profile
    from sonicfab.report import console
    from sonicfab.report.learn import json_profile, show_profile

    console.log_to_stderr(verbose)
    catalog = Catalog.load()
    if bool(switch) == (folder is not None):
        raise InputError("say where to learn from: --switch SWITCH or --from DIR, one of them")
    check_name(name, replace=replace)
    given = given_facts(settings)
    keys = () if "identified_by" in given else tuple(identified_by) or BY_VERSION
    if folder is not None:
        from sonicfab.learn.folder import learn_from_folder

        findings = learn_from_folder(folder, keys, catalog.platforms.values())
    else:
        findings = _ask(switch, inventory, topology, lab_name, keys, catalog, lab=lab)
    profile = make_profile(name, findings, given)
    written = write_profile(profile, replace=replace)
    (json_profile if format is Format.JSON else show_profile)(profile, written)


def model(
    name: Annotated[
        str, typer.Argument(help="Name of the switch model, as inventories will write it.", metavar="NAME")
    ],
    folder: Annotated[
        Path, typer.Option("--from", help="Device folder of an image: .../device/PLATFORM.", metavar="DIR")
    ],
    table: Annotated[
        str, typer.Option("--table", help="The port table of the builds that have these ports.", metavar="TABLE")
    ] = "community",
    replace: Annotated[bool, typer.Option("--replace", help="Replace what was learned under this name.")] = False,
) -> None:
    """Make the file of a switch model from the device folder of its image; `platform: NAME` then names it.

    Example: sonicfab builds model as7816-64x --from x86_64-accton_as7816_64x-r0
    """
    from sonicfab.catalog import Catalog, learned_folder
    from sonicfab.datafiles import fact_names
    from sonicfab.learn.model import check_name, learn_model
    from sonicfab.output import OutputFile, write_file
    from sonicfab.report.console import note, say

    check_name(name, fact_names("platforms") if replace else Catalog.load().platforms)
    found = learn_model(name, folder, table)
    path = learned_folder().parent / "platforms" / f"{name}.yml"
    write_file(path, OutputFile(found.text))
    for one in found.notes:
        note(f"note: {one}")
    say(f"{name}: {len(found.platform.port_tables[table])} ports, in {path}")


def forget(name: Name) -> None:
    """Remove the profile of a learned build.

    Example: sonicfab builds forget site-1
    """
    from sonicfab.learn.profile import forget_profile
    from sonicfab.report.console import say

    say(f"{name}: removed from {forget_profile(name).parent}")


def _ask(
    switch: str,
    inventory: Path | None,
    topology: Path | None,
    lab_name: str,
    keys: tuple[str, ...],
    catalog: Catalog,
    *,
    lab: bool,
) -> Findings:
    from sonicfab.access import ssh_access
    from sonicfab.fabric import find_switch
    from sonicfab.lab.access import lab_access
    from sonicfab.lab.state import lab_of
    from sonicfab.learn.switch import learn_from_switch

    if inventory is None or topology is None:
        raise InputError("--switch needs -i INVENTORY and -t TOPOLOGY", "they say where the switch is and what it is")
    settings, secrets, fabric = find_switch(inventory, topology, switch, catalog)
    access = lab_access(lab_of(fabric, lab_name)) if lab or lab_name else ssh_access(secrets)
    connected = access.open(settings, any_build=True)
    try:
        return learn_from_switch(connected, settings.platform, keys, catalog.platforms.values())
    finally:
        connected.close()
