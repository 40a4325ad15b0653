"""The codes of validation: what each means, how grave it is, what mends it, and where the rule is from.

SF-1xx one row against the schema of the image build, SF-2xx row against row, SF-3xx switch against switch,
SF-4xx frr.conf, SF-5xx the image build itself. `sonicfab explain-code` prints them; docs/codes.md lists them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Code:
    """One kind of mistake.

    Attributes:
        title: in a few words.
        consequence: what the switch does with such a config.
        mend: what to do about it.
        source: where the rule is from.
    """

    code: str
    severity: Severity
    title: str
    consequence: str
    mend: str
    source: str


_YANG = "the image build's YANG models (sonic-buildimage src/sonic-yang-models)"
_TRANSLATION = "sonic-buildimage src/sonic-yang-mgmt/sonic_yang_ext.py"
_PORT_CONFIG = "the platform's port_config.ini (sonic-buildimage device/accton)"
_INIT = "sonic-buildimage dockers/docker-fpm-frr/docker_init.sh"

_SCHEMA = (
    Code(
        "SF-101",
        "warning",
        "table without a model",
        "`config reload FILE` of some builds refuses the whole file, `config apply-patch` of all builds refuses "
        "changes to the table; on the others nothing checks its rows",
        "leave the table out, unless a feature of this image reads it",
        "sonic-utilities config/main.py config_file_yang_validation; generic_config_updater StrictPatchSorter",
    ),
    Code(
        "SF-102",
        "error",
        "unknown field",
        "the whole file is refused wherever it is checked, and one such row in CONFIG_DB blocks every later patch",
        "leave the field out, or take a build that has it",
        _TRANSLATION,
    ),
    Code(
        "SF-103",
        "error",
        "key that fits no row of the table",
        "the whole file is refused wherever it is checked; daemons skip the row",
        "write the key with as many parts as the table has",
        _TRANSLATION,
    ),
    Code(
        "SF-104",
        "error",
        "value that is not allowed",
        "the whole file is refused wherever it is checked; where it is not, a daemon may ignore or misread it",
        "write a value that the build allows",
        _YANG,
    ),
    Code(
        "SF-105",
        "error",
        "reference to something that is not there",
        "the whole file is refused wherever it is checked; the daemon waits for what never comes",
        "add the row that is referred to, or correct the name",
        _YANG,
    ),
    Code(
        "SF-106",
        "error",
        "mandatory field is missing",
        "the whole file is refused wherever it is checked; orchagent drops a port without lanes or speed",
        "add the field",
        _YANG,
    ),
    Code(
        "SF-107",
        "error",
        "too many rows",
        "the whole file is refused wherever it is checked",
        "leave some out",
        _YANG,
    ),
    Code(
        "SF-108",
        "error",
        "a list where a single value belongs, or the other way round",
        "the whole file is refused wherever it is checked; members that are not strings crash the loader",
        "write a JSON list of strings for a list, a string for everything else",
        "sonic-swss-common common/configdb.h typed_to_raw",
    ),
    Code(
        "SF-109",
        "warning",
        "value that is not a string",
        'SONiC stores its Python text: true becomes "True", null becomes "None", which daemons do not expect',
        "write it as a string",
        "sonic-swss-common common/configdb.h typed_to_raw",
    ),
    Code(
        "SF-110",
        "error",
        "not a table of rows",
        "the file cannot be loaded",
        "a config_db.json is a mapping of tables to rows to fields",
        "sonic-swss-common common/configdb.h mod_config",
    ),
    Code(
        "SF-121",
        "error",
        "address row without the bare row of its interface",
        "the whole file is refused wherever it is checked, and bgpcfgd and intfmgrd never see the interface",
        "add the row TABLE|INTERFACE beside TABLE|INTERFACE|ADDRESS",
        "sonic-interface.yang, sonic-vlan.yang, sonic-loopback-interface.yang",
    ),
    Code(
        "SF-122",
        "error",
        "family that is not the address's",
        "the whole file is refused wherever it is checked",
        "leave the field `family` out",
        "sonic-interface.yang",
    ),
    Code(
        "SF-123",
        "error",
        "management address without a gateway of its family",
        "the whole file is refused wherever it is checked; the interface template fails without gwaddr",
        "add gwaddr",
        "sonic-mgmt_interface.yang; files/image_config/interfaces/interfaces.j2",
    ),
    Code(
        "SF-124",
        "error",
        "VRF mgmt is used but not enabled",
        "the whole file is refused wherever it is checked; the service cannot be reached",
        "set MGMT_VRF_CONFIG|vrf_global mgmtVrfEnabled to true, or the vrf to default",
        "sonic-ntp.yang, sonic-syslog.yang",
    ),
    Code(
        "SF-125",
        "error",
        "source address of another family than the server's",
        "the whole file is refused wherever it is checked",
        "take a source of the same family",
        "sonic-syslog.yang",
    ),
    Code(
        "SF-126",
        "error",
        "suppress-fib-pending without synchronous mode",
        "the whole file is refused wherever it is checked",
        "set synchronous_mode to enable",
        "sonic-device_metadata.yang",
    ),
    Code(
        "SF-127",
        "error",
        "vlanid is not the number in the VLAN's name",
        "the whole file is refused wherever it is checked",
        "write the number of the name",
        "sonic-vlan.yang",
    ),
    Code(
        "SF-128",
        "error",
        "VLAN member that has another use",
        "the whole file is refused wherever this build checks it; elsewhere orchagent takes the first user only",
        "take the port out of the VLAN, or out of its other use",
        "sonic-vlan.yang",
    ),
    Code(
        "SF-129",
        "error",
        "port that is untagged in two VLANs",
        "the whole file is refused wherever this build checks it",
        "make one of the memberships tagged",
        "sonic-vlan.yang",
    ),
    Code(
        "SF-130",
        "error",
        "TACACS+ login without a passkey",
        "the whole file is refused wherever it is checked",
        "set TACPLUS|global passkey",
        "sonic-system-aaa.yang",
    ),
    Code(
        "SF-131",
        "error",
        "value that contradicts another of its row",
        "the whole file is refused wherever it is checked",
        "correct one of the two",
        _YANG,
    ),
    Code(
        "SF-150",
        "error",
        "refused by the build's YANG models",
        "`config reload FILE`, `config apply-patch` and `config replace` refuse it",
        "see the message of the model",
        _YANG,
    ),
)

_ROWS = (
    Code(
        "SF-201",
        "error",
        "lane in two ports",
        "orchagent refuses the second port; `config apply-patch` refuses the file",
        "give each port its own lanes; a port that was broken out must be gone",
        "sonic-utilities generic_config_updater field_operation_validators, duplicate lanes",
    ),
    Code(
        "SF-202",
        "error",
        "alias of two ports",
        "LLDP tells the alias as port id: neighbours cannot tell the ports apart",
        "give each port its own alias",
        "sonic-buildimage dockers/docker-lldp/lldpmgrd",
    ),
    Code(
        "SF-203",
        "error",
        "port that the platform does not have",
        "orchagent cannot create it: there is no such port in the ASIC's config",
        "see the ports of the platform with `sonicfab builds show`",
        _PORT_CONFIG,
    ),
    Code(
        "SF-204",
        "error",
        "lanes that are not this port's",
        "another port, or none, gets the config",
        "take the lanes of the platform's port_config.ini",
        _PORT_CONFIG,
    ),
    Code(
        "SF-205",
        "warning",
        "port of the platform that is missing",
        "`config reload FILE` replaces the table: the port is gone until the next factory reset",
        "write every port of the platform",
        "sonic-utilities config/main.py reload",
    ),
    Code(
        "SF-206",
        "error",
        "speed that the port cannot do",
        "orchagent refuses it and the port stays down",
        "take a speed of the port",
        _PORT_CONFIG + "; osism/python-osism valid_speeds",
    ),
    Code(
        "SF-207",
        "warning",
        "100G port without RS-FEC",
        "most optics and cables at 100G need it: the link stays down or drops frames",
        "set fec to rs",
        "sonic-buildimage src/sonic-config-engine/minigraph.py, speed 100000",
    ),
    Code(
        "SF-208",
        "error",
        "FEC that this speed does not have",
        "the ASIC refuses it and the port stays down",
        "RS-FEC is for 25G and 100G (and faster), FC-FEC for 10G, 25G and 40G",
        "IEEE 802.3 clauses 74, 91 and 108",
    ),
    Code(
        "SF-209",
        "warning",
        "alias that is not the image's",
        "neighbours see another port name by LLDP than the one on the image's list",
        "take the alias of the build's port_config.ini",
        _PORT_CONFIG,
    ),
    Code(
        "SF-211",
        "error",
        "no Loopback0",
        "bgpcfgd waits for it forever, and the switch has no address of its own",
        "add LOOPBACK_INTERFACE|Loopback0 and Loopback0|ADDRESS/32",
        "sonic-buildimage src/sonic-bgpcfgd/bgpcfgd/managers_bgp.py",
    ),
    Code(
        "SF-212",
        "error",
        "address on two interfaces",
        "the kernel takes both, and replies leave by either",
        "give each interface its own address",
        "RFC 4291 section 2.1, RFC 1812 section 2.2.7",
    ),
    Code(
        "SF-213",
        "error",
        "subnets that overlap",
        "routes to the smaller one hide part of the larger one",
        "separate the subnets",
        "RFC 1812 section 5.2.4.3",
    ),
    Code(
        "SF-214",
        "error",
        "BGP neighbour that is on no subnet of the switch",
        "an eBGP session to it never leaves the state Idle or Active",
        "give an interface an address in the neighbour's subnet, or correct the neighbour",
        "FRR bgpd: eBGP neighbours are directly connected unless ebgp-multihop is set",
    ),
    Code(
        "SF-215",
        "error",
        "local_addr that the switch does not have",
        "bgpcfgd waits for it and never makes the session",
        "set local_addr to an address of an interface",
        "sonic-buildimage src/sonic-bgpcfgd/bgpcfgd/managers_bgp.py add_peer",
    ),
    Code(
        "SF-216",
        "error",
        "routing mode that deletes or overwrites frr.conf",
        "the next start of the bgp container removes frr.conf and all sessions with it",
        "set docker_routing_config_mode as the build wants it",
        _INIT,
    ),
    Code(
        "SF-217",
        "error",
        "BFD without the management framework",
        "this image does not start bfdd: the sessions never come up",
        'set DEVICE_METADATA|localhost frr_mgmt_framework_config to "true"',
        "sonic-buildimage dockers/docker-fpm-frr/frr/supervisord/supervisord.conf.j2",
    ),
    Code(
        "SF-218",
        "error",
        "DEVICE_METADATA without what daemons need",
        "vlanmgrd, vxlanmgrd and teammgrd stop without a MAC; without hwsku nothing finds its port table",
        "add hwsku, platform and mac",
        "sonic-swss cfgmgr/vlanmgrd.cpp; sonic-utilities config/main.py load_sysinfo_if_missing",
    ),
    Code(
        "SF-219",
        "error",
        "truth value in another spelling",
        'supervisord compares with "true", docker_init.sh with "false": one of them takes the other branch',
        'write "true" or "false"',
        "sonic-buildimage dockers/docker-fpm-frr/frr/supervisord/supervisord.conf.j2; docker_init.sh",
    ),
    Code(
        "SF-220",
        "warning",
        "schema version of another build",
        "the migrator rewrites the config at the next load: what runs differs from what was rendered",
        "set VERSIONS|DATABASE VERSION to the build's own",
        "sonic-utilities scripts/db_migrator.py CURRENT_VERSION",
    ),
    Code(
        "SF-221",
        "error",
        "hwsku or platform of another switch",
        "the image looks for a port table that is not there",
        "take the names of the platform",
        "sonic-buildimage device/accton",
    ),
    Code(
        "SF-222",
        "error",
        "gateway outside of the management subnet",
        "the switch cannot be reached from anywhere else",
        "correct gwaddr or the address",
        "files/image_config/interfaces/interfaces.j2",
    ),
    Code(
        "SF-223",
        "error",
        "port channel member with an address",
        "teamd takes the port, and its own addresses are lost",
        "put the address on the port channel",
        "sonic-swss cfgmgr/teammgr.cpp",
    ),
    Code(
        "SF-224",
        "error",
        "row for frrcfgd while bgpcfgd runs, or the other way round",
        "nothing reads the row: the session is never made",
        'keys with a VRF need frr_mgmt_framework_config "true", keys without one its absence',
        "sonic-buildimage dockers/docker-fpm-frr/frr/supervisord/supervisord.conf.j2",
    ),
    Code(
        "SF-225",
        "error",
        "VLAN member that is routed",
        "the port cannot be both: orchagent takes what comes first",
        "remove the INTERFACE rows, or the member",
        "sonic-swss orchagent/portsorch.cpp; sonic-vlan.yang of later builds",
    ),
)

_FABRIC = (
    Code(
        "SF-301",
        "error",
        "address of two switches",
        "traffic to it reaches one of them, and not always the same",
        "give each switch its own address",
        "RFC 4291 section 2.1",
    ),
    Code(
        "SF-302",
        "error",
        "two switches with the same identity",
        "LLDP, BGP or the operator cannot tell them apart",
        "give each its own name, MAC and router id",
        "RFC 4271 section 4.2 (BGP identifier); IEEE 802.1AB",
    ),
    Code(
        "SF-303",
        "error",
        "MTU that differs at the two ends of a link",
        "small packets pass, large ones vanish: sessions come up and stall",
        "set the same MTU at both ends",
        "RFC 4821 section 2",
    ),
    Code(
        "SF-304",
        "error",
        "speed that differs at the two ends of a link",
        "the link stays down",
        "set the same speed at both ends",
        "IEEE 802.3",
    ),
    Code(
        "SF-305",
        "error",
        "FEC that differs at the two ends of a link",
        "the link stays down",
        "set the same FEC at both ends",
        "IEEE 802.3 clause 91",
    ),
    Code(
        "SF-306",
        "error",
        "AS number that the other end does not have",
        "the session is refused with a NOTIFICATION (bad peer AS)",
        "set remote-as to the far switch's AS number, or to external",
        "RFC 4271 section 6.2",
    ),
    Code(
        "SF-307",
        "error",
        "link that is up at one end only",
        "the link stays down",
        "set admin_status up at both ends",
        "sonic-swss cfgmgr/portmgr.h: a port without admin_status is down",
    ),
    Code(
        "SF-308",
        "error",
        "link whose ends are in different subnets",
        "the ends do not reach each other",
        "take both addresses from one subnet",
        "RFC 3021, RFC 6164",
    ),
    Code(
        "SF-309",
        "error",
        "BGP session that only one end has",
        "it stays in the state Active",
        "add the neighbour at the other end",
        "RFC 4271 section 8",
    ),
)

_FRR = (
    Code(
        "SF-401",
        "error",
        "line that FRR does not understand",
        "FRR skips the line and goes on: part of the config is missing",
        "correct the line",
        "vtysh -C",
    ),
    Code(
        "SF-402",
        "error",
        "eBGP session without a policy",
        "the session is Established and exchanges no prefixes",
        "attach route-maps in both directions, or write `no bgp ebgp-requires-policy`",
        "RFC 8212; FRR bgpd, profile traditional",
    ),
    Code(
        "SF-403",
        "error",
        "route-map or prefix-list that is not defined",
        "an undefined route-map denies everything; an undefined prefix-list matches nothing",
        "define it, or correct the name",
        "FRR lib/routemap.c, lib/plist.c",
    ),
    Code(
        "SF-404",
        "error",
        "BGP neighbour over a port that is not routed",
        "there is no such interface, or it has no link-local address: the session stays Idle",
        "add INTERFACE|PORT with ipv6_use_link_local_only: enable",
        "sonic-swss neighsyncd/neighsync.cpp isLinkLocalEnabled",
    ),
    Code(
        "SF-405",
        "warning",
        "line that the image will append to frr.conf",
        "the file on the switch will not be the file that was rendered",
        "write the line yourself",
        _INIT,
    ),
    Code(
        "SF-406",
        "error",
        "AS number that differs from DEVICE_METADATA's",
        "bgpcfgd and FRR configure two BGP instances",
        "leave bgp_asn out, or make both equal",
        "sonic-buildimage src/sonic-bgpcfgd/bgpcfgd/managers_bgp.py",
    ),
    Code(
        "SF-407",
        "error",
        "router id that the switch does not have",
        "two switches may announce the same identity, and log lines name the wrong one",
        "take the address of Loopback0",
        "RFC 4271 section 4.2",
    ),
    Code(
        "SF-408",
        "error",
        "announced network that the switch does not have",
        "FRR announces only what is in its routing table: the loopback is never announced",
        "announce the address of Loopback0",
        "FRR bgpd, bgp network import-check",
    ),
    Code(
        "SF-409",
        "error",
        "password in clear text",
        "whoever reads the build folder or the switch's backups knows it",
        "leave it out of the template; refer to secrets in the inventory",
        "the rules of this tool",
    ),
    Code(
        "SF-410",
        "warning",
        "neighbour that no address family activates",
        "the session comes up and carries nothing",
        "activate the neighbour or its peer-group in an address family",
        "FRR bgpd, no bgp default ipv4-unicast",
    ),
)

_BUILDS = (
    Code(
        "SF-501",
        "error",
        "image build that cannot work on the platform",
        "the image has no drivers for the switch: no ports, no fans, no sensors",
        "take another build",
        "sonic-buildimage platform/broadcom/rules.mk",
    ),
    Code(
        "SF-502",
        "warning",
        "image build whose schema is not known",
        "only the rules that need no schema were checked",
        "learn it from a switch: sonicfab builds learn",
        "sonicfab's table of image builds",
    ),
    Code(
        "SF-503",
        "error",
        "file on the switch that resets the routing mode",
        "every reload takes docker_routing_config_mode from it, and SONiC deletes frr.conf",
        "remove minigraph.xml and golden_config_db.json from /etc/sonic, or set the mode in them",
        "sonic-utilities scripts/db_migrator.py migrate_routing_config_mode",
    ),
)

CODES = {one.code: one for one in (*_SCHEMA, *_ROWS, *_FABRIC, *_FRR, *_BUILDS)}
