"""A profile from a running switch: everything it tells about its image, over the switch contract."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable

from sonicfab.errors import SwitchError
from sonicfab.learn import image, yang
from sonicfab.learn.findings import NTP_DAEMONS, Findings, init_cfg, tell_programs, tell_start_script, tell_version
from sonicfab.learn.portconfig import read_port_config
from sonicfab.platforms import Platform
from sonicfab.switch.operations import Switch
from sonicfab.switch.state.image import (
    BGP_PROGRAMS,
    BGP_START,
    DATABASE_VERSION,
    FRR_VERSION,
    INIT_CFG,
    MIGRATOR,
    PORT_CONFIG,
    PROCESSES,
    SOFTWARE,
    YANG_MODELS,
)

_SOFTWARE = {
    "python": re.compile(r"^Python (\d+\.\d+)", re.MULTILINE),
    "docker": re.compile(r"^Docker version (\d+(?:\.\d+)+)", re.MULTILINE),
    "redis": re.compile(r"^Redis server v=(\d+(?:\.\d+)+)", re.MULTILINE),
}


def learn_from_switch(
    switch: Switch, platform: Platform, identified_by: Iterable[str], platforms: Iterable[Platform]
) -> Findings:
    """Ask a connected switch; `platform` is the model that the inventory says it is, `platforms` are all models.

    Raises:
        InputError: what it tells is not usable.
        SwitchError: it does not answer like SONiC.
        TransportError: the connection broke.
    """
    facts = switch.facts()
    what = f"lab switch {switch.name}" if facts.lab else f"switch {switch.name}"
    findings = Findings(f"{what} with {facts.sonic_version.get('build_version', 'an unknown image')}")
    tell_version(findings, facts.sonic_version, f"{switch.name}:/etc/sonic/sonic_version.yml", identified_by)
    _ports(findings, switch, platform, platforms)
    findings.tell("platform_modules", {platform.modules: True}, f"{switch.name}, a {platform.name}, runs it")
    _bgp(findings, switch)
    _database(findings, switch)
    _software(findings, switch)
    packed = switch.get(YANG_MODELS)
    place = f"{switch.name}:/usr/local/yang-models"
    models = yang.from_tar(packed, place) if packed else yang.Models({})
    findings.keep_yang(models.files, place)
    findings.notes += models.notes
    if not models.files:
        findings.notes.append(f"{place}: the image has no YANG models; the profile is learned without")
    findings.init_cfg = init_cfg(switch.optional(INIT_CFG) or "", f"{switch.name}:/etc/sonic/init_cfg.json", findings)
    return findings


def _ports(findings: Findings, switch: Switch, platform: Platform, platforms: Iterable[Platform]) -> None:
    """Its own port table, which must be there, and those of the other models that its image knows."""
    for model in platforms:
        place = f"{switch.name}:/usr/share/sonic/device/{model.platform}/{model.hwsku}/port_config.ini"
        asked = PORT_CONFIG.of(platform=shlex.quote(model.platform), hwsku=shlex.quote(model.hwsku))
        text = switch.ask(asked).find(asked)
        if text:
            read = read_port_config(text, model, place)
            findings.ports[model.hwsku] = read.ports
            findings.sources[f"ports.{model.hwsku}"] = place
            findings.notes += [f"{place}: {note}" for note in read.filled]
        elif model == platform:
            raise SwitchError(f"{place}: not there", "without its ports nothing can be rendered for this model")


def _bgp(findings: Findings, switch: Switch) -> None:
    answers = switch.ask(FRR_VERSION, BGP_START, BGP_PROGRAMS)
    findings.tell("frr", image.frr_version(answers.find(FRR_VERSION) or ""), f"{switch.name}: vtysh -c 'show version'")
    script, programs = answers.find(BGP_START), answers.find(BGP_PROGRAMS)
    if script:
        tell_start_script(findings, script, f"{switch.name}:bgp:/usr/bin/docker_init.sh")
    else:
        findings.notes.append(f"{switch.name}: the bgp container does not run, or has no /usr/bin/docker_init.sh")
    for command in switch.get(PROCESSES):
        program = command.partition(" ")[0].rpartition("/")[2]
        findings.tell("ntp_daemon", NTP_DAEMONS.get(program), f"{switch.name}: its processes")
        if program == "zebra":
            findings.tell("fpm_module", image.fpm_module(command), f"{switch.name}: command line of zebra")
    if programs:
        source = f"{switch.name}:bgp:/usr/share/sonic/templates/supervisord/supervisord.conf.j2"
        tell_programs(findings, programs, source)


def _database(findings: Findings, switch: Switch) -> None:
    """CURRENT_VERSION is the image's own; that of CONFIG_DB is what somebody's config was migrated to."""
    source = f"{switch.name}:/usr/local/bin/db_migrator.py"
    findings.tell("database_version", image.migrator_version(switch.get(MIGRATOR)), source)
    findings.tell(
        "database_version",
        switch.ask(DATABASE_VERSION).find(DATABASE_VERSION) or "",
        f"{switch.name}: VERSIONS|DATABASE of CONFIG_DB",
    )


def _software(findings: Findings, switch: Switch) -> None:
    said = switch.get(SOFTWARE)
    for fact, pattern in _SOFTWARE.items():
        found = pattern.search(said)
        findings.tell(fact, found[1] if found else "", f"{switch.name}: its own answer")
