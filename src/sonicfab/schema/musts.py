"""Names for the conditions that YANG models state as `must`: what the facts hold instead of XPath.

Each name has its code in sonicfab.validate.conditions, or in sonicfab.validate.musts where it takes an argument. A
condition that has no name here is left to the models themselves.
"""

from __future__ import annotations

import re

_PREFIX = re.compile(r"[\w-]+:(?=[\w*])")

_SUB_INTERFACE = (
    'string-length(current())<=15.0andsubstring-before(current(),".")=/sonic-port/PORT/PORT_LIST/nameor'
    'starts-with(substring-before(current(),"."),"Eth")and'
    'concat("Ethernet",substring-after(substring-before(current(),"."),"Eth"))=/sonic-port/PORT/PORT_LIST/nameor'
    'substring-before(current(),".")=/sonic-portchannel/PORTCHANNEL/PORTCHANNEL_LIST/nameor'
    'starts-with(substring-before(current(),"."),"Po")and'
    'concat("PortChannel",substring-after(substring-before(current(),"."),"Po"))='
    "/sonic-portchannel/PORTCHANNEL/PORTCHANNEL_LIST/name"
)
_AUTH = (
    'current()/../SNMP_USER_TYPE="AuthNoPriv"andstring-length(current())>=8.0or'
    'current()/../SNMP_USER_TYPE="Priv"andstring-length(current())>=8.0or'
    'current()/../SNMP_USER_TYPE="noAuthNoPriv"andcurrent()=""'
)
_PRIVACY = (
    'current()/../SNMP_USER_TYPE="noAuthNoPriv"andcurrent()=""or'
    'current()/../SNMP_USER_TYPE="AuthNoPriv"andcurrent()=""or'
    'current()/../SNMP_USER_TYPE="Priv"andstring-length(current())>=8.0'
)

RULES = {
    # the models' conditions in their own XPath, without prefixes and blanks -> the name of the rule
    "current()=../../INTERFACE_LIST[name=current()]/name": "bare-row",
    "current()=../../VLAN_INTERFACE_LIST[name=current()]/name": "bare-row",
    'contains(../ip-prefix,":")andcurrent()="IPv6"orcontains(../ip-prefix,".")andcurrent()="IPv4"': "family",
    'contains(current(),":")andcontains(../gwaddr,":")orcontains(current(),".")andcontains(../gwaddr,".")': "gateway",
    'contains(current(),":")andcontains(../ip_prefix,":")orcontains(current(),".")andcontains(../ip_prefix,".")': (
        "gateway"
    ),
    'current()!="mgmt"or/sonic-mgmt_vrf/MGMT_VRF_CONFIG/vrf_global/mgmtVrfEnabled="true"': "mgmt-vrf",
    'contains(current(),".")andcontains(../server_address,".")or'
    'contains(current(),":")andcontains(../server_address,":")': "syslog-source",
    'current()="disabled"orcurrent()="enabled"and../synchronous_mode="enable"': "synchronous",
    'substring-after(../name,"Vlan")=current()': "vlan-id",
    "not(/sonic-mirror-session/MIRROR_SESSION/MIRROR_SESSION_LIST[dst_port=current()])": "member-not-mirror",
    "not(/sonic-portchannel/PORTCHANNEL_MEMBER/PORTCHANNEL_MEMBER_LIST[port=current()]/name)": "member-not-lag",
    "not(/sonic-interface/INTERFACE/INTERFACE_LIST[name=current()])": "member-not-routed",
    "true()": "one-untagged",  # what sonicfab.schema.models has put in the place of that rule
    'not(./type="authentication"andcontains(./login,"tacacs+")and'
    "not(/sonic-system-tacacs/TACPLUS/global/passkey))": "tacacs-passkey",
    'count(adv_speeds[.="all"])=0.0orcount(adv_speeds)=1.0': "all-alone:adv_speeds",
    'count(adv_interface_types[.="all"])=0.0orcount(adv_interface_types)=1.0': "all-alone:adv_interface_types",
    ".>=1.0": "at-least-1",
    _SUB_INTERFACE: "sub-interface",
    'substring-before(name,".")=/sonic-port/PORT/PORT_LIST/nameor'
    'substring-before(name,".")=/sonic-portchannel/PORTCHANNEL/PORTCHANNEL_LIST/nameorvlan': "encapsulation",
    _AUTH: "snmp-password:AuthNoPriv Priv",
    _PRIVACY: "snmp-password:Priv",
    'not(type="CTRLPLANE")orboolean(services)': "control-plane:services",
    "keepalive_interval*3.0<=session_timeout": "keepalive",
    'contains(../neighbor,".")andcontains(current(),".")or'
    'contains(../neighbor,":")andcontains(current(),":")': "same-family:neighbor",
    'contains(current(),":")andcontains(../dst_ip,":")ornot(contains(current(),":"))and'
    'not(contains(../dst_ip,":"))': "same-family:dst_ip",
    'contains(current(),":")andcontains(../src_ip,":")ornot(contains(current(),":"))and'
    'not(contains(../src_ip,":"))': "same-family:src_ip",
}

_OWN = r"(?:current\(\)/)?\.\./(\w+)"
_ROW = r"/[\w-]+/(\w+)/(\w+)/(\w+)"
_PATTERNS = tuple(
    (re.compile(pattern), name)
    for pattern, name in (
        (rf"current\(\)>={_OWN}", r"at-least:\1"),
        (r"not\(current\(\)/\.\./(\w+)\)orcurrent\(\)>=current\(\)/\.\./\1", r"at-least:\1"),
        (rf"current\(\)>{_OWN}", r"above:\1"),
        (rf'{_OWN}="([^"]*)"', r"only-with:\1=\2"),
        (rf'{_OWN}!="([^"]*)"', r"not-with:\1=\2"),
        (r'current\(\)="([^"]*)"', r"only:\1"),
        (rf"current\(\)={_OWN}", r"same:\1"),
        (rf"current\(\)!={_OWN}", r"differs:\1"),
        (rf"not\((?:boolean\({_OWN}\))\)", r"without:\1"),
        (rf"not\({_OWN}\)", r"without:\1"),
        (rf"current\(\)={_ROW}", r"equals:\1|\2|\3"),
        (r"current\(\)/\.\./(\w+)andcurrent\(\)/\.\./\1>0\.0", r"needs-positive:\1"),
    )
)
"""Forms that many conditions have: about the field itself, another of its row, or one field elsewhere."""


def rule_of(expression: str) -> str:
    """The name of a condition, with its argument after a colon; "" when it has none."""
    text = re.sub(r"\s+", "", _PREFIX.sub("", expression))
    if text in RULES:
        return RULES[text]
    for pattern, name in _PATTERNS:
        if found := pattern.fullmatch(text):
            return found.expand(name)
    return ""
