"""A profile from a folder: the root of an unpacked image, or a sonic-buildimage checkout."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from pathlib import Path

from sonicfab.errors import InputError
from sonicfab.learn import image, yang
from sonicfab.learn.findings import (
    BY_VERSION,
    NTP_DAEMONS,
    Findings,
    init_cfg,
    tell_programs,
    tell_start_script,
    tell_version,
)
from sonicfab.learn.portconfig import read_port_config
from sonicfab.learn.tree import Tree
from sonicfab.platforms import Platform

_VERSION = "etc/sonic/sonic_version.yml"
_INIT_CFG = "etc/sonic/init_cfg.json"
_DEVICES = "usr/share/sonic/device"
_BGP = "dockers/docker-fpm-frr"
_SUPERVISORD = "supervisord.conf"
_MODULES = re.compile(r"^[ \t]*(#*)[ \t]*include\s.*platform-modules-(\w+)\.mk", re.MULTILINE)
_BRANCH = re.compile(r"ref: refs/heads/(\S{1,100})\s*")


def learn_from_folder(folder: Path, identified_by: tuple[str, ...], platforms: Collection[Platform]) -> Findings:
    """Read a folder; nothing in it is run, and nothing outside it is read.

    Raises:
        InputError: it is neither an image nor a checkout, or something in it is not usable.
    """
    tree = Tree(folder)
    if not folder.is_dir():
        raise InputError(f"--from {folder}: no such folder")
    if tree.has(_VERSION) or tree.has(_DEVICES):
        return _image(tree, identified_by, platforms)
    if tree.has("slave.mk") or tree.has("rules/frr.mk"):
        if identified_by not in ((), BY_VERSION):
            raise InputError(
                "--identified-by: a checkout has no sonic_version.yml", "--set identified_by.KEY=VALUE does"
            )
        return _checkout(tree, platforms)
    raise InputError(
        f"--from {folder}: neither the root of an image ({_VERSION}) nor a sonic-buildimage checkout (slave.mk)",
        "unpack the image first: fs.squashfs of its installer is the root file system",
    )


def _image(tree: Tree, identified_by: tuple[str, ...], platforms: Collection[Platform]) -> Findings:
    text = tree.text(_VERSION)
    version = image.sonic_version(text or "")
    findings = Findings(f"the image in {tree.root} with {version.get('build_version', 'an unknown version')}")
    if version:
        tell_version(findings, version, _VERSION, identified_by)
    else:
        why = "not YAML" if text else "not there"
        findings.notes.append(f"{tree.place(_VERSION)}: {why}")
    for platform in platforms:
        _ports(findings, tree, platform, [f"{_DEVICES}/{platform.platform}"])
    _containers(findings, tree)
    migrator = "usr/local/bin/db_migrator.py"
    findings.tell("database_version", image.migrator_version(tree.text(migrator) or ""), migrator)
    for program, daemon in NTP_DAEMONS.items():
        findings.tell("ntp_daemon", daemon if tree.has(f"usr/sbin/{program}") else "", f"usr/sbin/{program}")
    pythons = [name for name in tree.names("usr/bin") if re.fullmatch(r"python3\.\d+", name)]
    if len(pythons) == 1:
        findings.tell("python", pythons[0].removeprefix("python"), f"usr/bin/{pythons[0]}")
    models = yang.from_folder(tree, "usr/local/yang-models")
    findings.keep_yang(models.files, "usr/local/yang-models")
    findings.init_cfg = init_cfg(tree.text(_INIT_CFG) or "", _INIT_CFG, findings)
    return findings


def _containers(findings: Findings, tree: Tree) -> None:
    """The bgp container, where the image's dockerfs is unpacked, too: the layers of its file system."""
    layers = [f"{base}/{name}/diff" for base in _OVERLAYS for name in tree.names(base)]
    scripts = [f"{layer}/usr/bin/docker_init.sh" for layer in layers]
    found = [(path, text) for path in scripts if (text := tree.text(path)) and "/etc/frr" in text]
    if len(found) == 1:
        tell_start_script(findings, found[0][1], found[0][0])
    else:
        why = f"{len(found)} start scripts" if found else "no start script"
        findings.notes.append(f"{tree.root}: {why} of a bgp container below {' or '.join(_OVERLAYS)}")
    for layer in layers:
        _supervisord(findings, tree, f"{layer}/usr/share/sonic/templates/supervisord")
        _package(findings, tree, f"{layer}/var/lib/dpkg/status")


_OVERLAYS = ("var/lib/docker/overlay2", "docker/overlay2")
"""Where dockerd keeps layers; an installed image has its dockerfs in /host/IMAGE/docker."""


def _package(findings: Findings, tree: Tree, status: str) -> None:
    """The version of FRR's package in a layer."""
    package = re.search(r"^Package: frr\n(?:\S.*\n| .*\n)*?Version: (\S+)$", tree.text(status) or "", re.MULTILINE)
    findings.tell("frr", image.frr_version(package[1]) if package else "", status)


def _supervisord(findings: Findings, tree: Tree, folder: str) -> None:
    names = [name for name in tree.names(folder) if name.startswith(_SUPERVISORD) and name.endswith(".j2")]
    text = "\n".join(tree.text(f"{folder}/{name}") or "" for name in names)
    if "[program:zebra]" in text:
        tell_programs(findings, text, f"{folder}/{_SUPERVISORD}.j2")


def _checkout(tree: Tree, platforms: Collection[Platform]) -> Findings:
    branch = _BRANCH.fullmatch(tree.text(".git/HEAD") or "")
    findings = Findings(f"the sonic-buildimage checkout {tree.root}")
    if branch:
        findings.tell("identified_by", {"branch": branch[1]}, ".git/HEAD: the branch that its images tell")
        findings.notes.append(
            f"identified_by is branch {branch[1]}; if images are built elsewhere, give --set identified_by.KEY=VALUE"
        )
    for fact, path, names in (
        ("frr", "rules/frr.mk", ("FRR_VERSION",)),
        ("debian", "slave.mk", ("IMAGE_DISTRO",)),
        ("kernel", "rules/linux-kernel.mk", ("KVERSION_SHORT", "KERNEL_VERSION")),
    ):
        text = tree.text(path) or ""
        for name in names:
            findings.tell(fact, image.make_variable(text, name), f"{path}: {name}")
    script, migrator = f"{_BGP}/docker_init.sh", "src/sonic-utilities/scripts/db_migrator.py"
    if start := tree.text(script):
        tell_start_script(findings, start, script)
    _supervisord(findings, tree, f"{_BGP}/frr/supervisord")
    findings.tell("database_version", image.migrator_version(tree.text(migrator) or ""), migrator)
    if not tree.has(migrator):
        findings.notes.append(f"{tree.place(migrator)}: not there; `git submodule update --init` brings it")
    ntp = [name for name in ("chrony", "ntp") if tree.has(f"files/image_config/{name}")]
    if len(ntp) == 1:
        daemon = "chrony" if ntp == ["chrony"] else "ntpd"
        findings.tell("ntp_daemon", daemon, f"files/image_config/{ntp[0]}")
    vendors = [f"device/{name}" for name in tree.names("device")]
    for platform in platforms:
        _ports(findings, tree, platform, [f"{vendor}/{platform.platform}" for vendor in vendors])
    _modules(findings, tree)
    models = yang.from_checkout(tree)
    findings.keep_yang(models.files, "src/sonic-yang-models")
    findings.notes += models.notes
    return findings


def _modules(findings: Findings, tree: Tree) -> None:
    """Whose platform modules the image of this checkout has, and whose are commented out."""
    path = "platform/broadcom/rules.mk"
    found = sorted(_MODULES.findall(tree.text(path) or ""), reverse=True)  # one that is included once is in it
    findings.tell("platform_modules", {whose: not off for off, whose in found}, path)


def _ports(findings: Findings, tree: Tree, platform: Platform, folders: Iterable[str]) -> None:
    for folder in folders:
        path = f"{folder}/{platform.hwsku}/port_config.ini"
        text = tree.text(path)
        if text is not None:
            read = read_port_config(text, platform, tree.place(path))
            findings.ports[platform.hwsku] = read.ports
            findings.sources[f"ports.{platform.hwsku}"] = path
            findings.notes += [f"{path}: {note}" for note in read.filled]
            return
