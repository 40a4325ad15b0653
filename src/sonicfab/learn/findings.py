"""What is found out about an image build, and what the image's own files add to it, wherever they were read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sonicfab.errors import InputError
from sonicfab.learn import image

BY_VERSION = ("build_version",)
"""The keys of sonic_version.yml that tell a learned build, unless others are named: no two images have the same."""
NTP_DAEMONS = {"ntpd": "ntpd", "chronyd": "chrony"}
"""Program -> what a build calls it."""


@dataclass
class Findings:
    """What has been found so far; of two places that tell a fact, the first one counts."""

    origin: str
    facts: dict[str, Any] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    ports: dict[str, Mapping[str, dict[str, str]]] = field(default_factory=dict)
    yang: Mapping[str, str] = field(default_factory=dict)
    init_cfg: str = ""
    notes: list[str] = field(default_factory=list)

    def tell(self, fact: str, value: object, source: str) -> None:
        """Keep a fact unless it is empty or known already. () and False are facts, "" and None and {} are not."""
        if fact not in self.facts and value is not None and value not in ("", {}):
            self.facts[fact], self.sources[fact] = value, source

    def keep_yang(self, files: Mapping[str, str], source: str) -> None:
        """Keep YANG models, if there are any."""
        if files:
            self.yang, self.sources["yang"] = files, source


def tell_version(findings: Findings, version: Mapping[str, str], source: str, identified_by: Iterable[str]) -> None:
    """The facts of sonic_version.yml, and the keys in it that tell the build.

    Raises:
        InputError: a key is not in it.
    """
    keys = list(identified_by)
    lacks = [key for key in keys if not version.get(key)]
    if lacks:
        raise InputError(
            f"{source}: it has no {', '.join(lacks)}", f"--identified-by takes one of: {', '.join(sorted(version))}"
        )
    findings.tell("identified_by", {key: version[key] for key in keys}, source)
    findings.tell("debian", image.debian(version.get("debian_version", "")), source)
    findings.tell("kernel", image.kernel(version.get("kernel_version", "")), source)


def tell_start_script(findings: Findings, text: str, source: str) -> None:
    """Routing mode and start lines of docker_init.sh; what keeps them unknown becomes a note."""
    script = image.start_script(text)
    if script is None:
        findings.notes.append(f"{source}: its branches on docker_routing_config_mode cannot be made out")
    elif len(script.keeping) != 1:
        known = f"it knows {', '.join(script.modes)}"
        kept = f"{' and '.join(script.keeping) or 'none'} of them keeps frr.conf"
        findings.notes.append(f"{source}: {known}; {kept}, so it does not tell which to use")
    else:
        mode = script.keeping[0]
        findings.tell("routing_config_mode", mode, source)
        findings.tell("frr_start_lines", script.start_lines[mode], source)


def tell_programs(findings: Findings, text: str, source: str) -> None:
    """What the supervisord template of the bgp container starts."""
    found = image.programs(text)
    if found is None:
        findings.notes.append(f"{source}: it does not say how zebra is started")
        return
    findings.tell("fpm_module", found.fpm_module, source)
    findings.tell("frr_daemons", found.frr_daemons, source)
    findings.tell("frr_telnet_daemons", found.frr_telnet_daemons, source)
    findings.tell("bfd_needs_mgmt_framework", found.bfd_needs_mgmt_framework, source)
    findings.tell("bgp_daemon", found.bgp_daemon, source)


def init_cfg(text: str, source: str, findings: Findings) -> str:
    """An init_cfg.json as it is; "" when there is none, with a note when it is not one."""
    if not text:
        return ""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        findings.notes.append(f"{source}: not JSON, so left out")
        return ""
    findings.sources["init_cfg"] = source
    return text
