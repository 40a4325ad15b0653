"""Services of a switch as the inventory says them: what renders the very rows, and nothing else; no secret is read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from ipaddress import ip_network
from typing import cast

from pydantic import ValidationError

from sonicfab.adopt.sessions import text_of
from sonicfab.builds import Build
from sonicfab.configdb import ConfigDb, Row, Table, natural_key
from sonicfab.model.services import Service, services
from sonicfab.plan.services import lacking

Values = dict[str, object]
"""Key path of the inventory -> value."""
_CONTROLLED = ("SSH", "SNMP", "NTP")
_FIRST = 10000
"""A rule has this priority less its place in the list (templates/config_db/control_plane.yml.j2)."""


def services_of(config: ConfigDb, build: Build | None = None) -> Values:
    """What the files can say as it is, of the services that somebody has set; a default of the image is nobody's."""
    return _fitting(_read(config), build)


def _read(config: ConfigDb) -> Values:
    found: Values = {}
    for read in (_ntp, _syslog, _dns, _aaa, _banner, _kdump, _sflow, _logins):
        found |= read(config)
    acl = control_plane(config)
    return found | {f"control_plane.{key}": value for key, value in acl.items()}


def secret_services(config: ConfigDb) -> dict[str, Values]:
    """Key of the inventory -> what it would say with references instead of the secrets that it takes."""
    found: dict[str, Values] = {}
    if config.get("SNMP_COMMUNITY"):
        found["snmp"] = {"community": "env:SNMP_COMMUNITY"}
    users = [_snmp_user(name, row) for name, row in config.get("SNMP_USER", {}).items()]
    if users:
        found["snmp"] = {**found.get("snmp", {}), "users": users}
    login = _login(config)
    for name, method, key in (("tacacs", "tacacs+", "TACPLUS"), ("radius", "radius", "RADIUS")):
        values = _servers(config, key)
        if values or method in login:
            found[name] = {**values, "key": f"env:{name.upper()}_KEY"}
    if found.keys() & {"tacacs", "radius"} and login:
        found["aaa"] = _order(config)
    if config.get("NTP_KEY"):
        number, row = next(iter(config["NTP_KEY"].items()))
        kind = text_of(row, "type") or "md5"
        found["ntp_options"] = {"key": "env:NTP_KEY", "key_id": _number(number), "key_type": kind}
    return found


def control_plane(config: ConfigDb) -> dict[str, list[str]]:
    """Service in small letters -> its networks; nothing where the tables are not those that the inventory makes."""
    tables, rules = controlled_rows(config)
    lists: dict[str, list[str]] = {}
    for service in _CONTROLLED:
        rows = [row for key, row in rules.items() if key.partition("_V")[0] == service]
        rows.sort(key=lambda row: -int(text_of(row, "PRIORITY") or 0) if text_of(row, "PRIORITY").isdecimal() else 0)
        networks = [text_of(row, "SRC_IP") or text_of(row, "SRC_IPV6") for row in rows]
        if networks:
            lists[service.lower()] = networks
    if not lists or "ssh" not in lists or (tables, rules) != _made(lists):
        return {}
    return lists


def controlled_rows(config: ConfigDb) -> tuple[Table, Table]:
    """The control-plane tables of CONFIG_DB and their rules."""
    tables = {name: row for name, row in config.get("ACL_TABLE", {}).items() if row.get("type") == "CTRLPLANE"}
    rules = {key: row for key, row in config.get("ACL_RULE", {}).items() if key.partition("|")[0] in tables}
    return tables, rules


def _made(lists: Mapping[str, Iterable[str]]) -> tuple[Table, Table] | None:
    """The rows that templates/config_db/control_plane.yml.j2 makes of lists; None where they hold no networks."""
    tables: dict[str, Row] = {}
    rules: dict[str, Row] = {}
    for service, networks in lists.items():
        for place, network in enumerate(networks, 1):
            try:
                version = ip_network(network).version
            except ValueError:
                return None
            name = f"{service.upper()}_V{version}"
            tables[name] = {"type": "CTRLPLANE", "policy_desc": name, "services": [service.upper()], "stage": "ingress"}
            source = "SRC_IP" if version == 4 else "SRC_IPV6"
            rule = {"PRIORITY": str(_FIRST - place), "PACKET_ACTION": "ACCEPT", source: network}
            rules[f"{name}|RULE_{place}"] = rule
    return tables, rules


def _fitting(values: Values, build: Build | None) -> Values:
    """Without what the inventory refuses: a value of another kind, one that the build lacks, keys that contradict."""
    kept: Values = {}
    for kind in services():
        needs = {key: wanted for key, wanted in kind.needs.items() if build is not None and lacking(build, wanted)}
        mine = {key: value for key, value in values.items() if key.partition(".")[0] in kind.model_fields}
        mine = {key: value for key, value in mine.items() if key not in needs and _valid(kind, {key: value})}
        while mine:
            model = _valid(kind, mine)
            wrong = next((one.key for one in kind.mistakes(partial(_get, model))), "")
            if not wrong:
                break
            mine = {key: value for key, value in mine.items() if key != wrong} if wrong in mine else {}
        kept |= mine
    return {key: value for key, value in values.items() if key in kept}


def _valid(kind: type[Service], values: Values) -> Service | None:
    tree: dict[str, object] = {}
    for path, value in values.items():
        head, _, rest = path.partition(".")
        tree[head] = {**cast("dict[str, object]", tree.get(head, {})), rest: value} if rest else value
    try:
        return kind.model_validate(tree)
    except ValidationError:
        return None


def _get(model: object, key: str) -> object:
    """A key of the service; None for one of another."""
    for name in key.split("."):
        model = getattr(model, name, None)
    return model


def _shared(rows: Iterable[Row], field: str) -> str:
    """What all rows say; "" where one says otherwise, or nothing."""
    told = [text_of(row, field) for row in rows]
    return told[0] if told and all(one == told[0] for one in told) else ""


def _said(*pairs: tuple[str, object]) -> Values:
    """Those with a value."""
    return {key: value for key, value in pairs if value not in ("", None, [])}


def _number(text: str) -> int | str:
    return int(text) if text.isdecimal() else text


def _ntp(config: ConfigDb) -> Values:
    servers = config.get("NTP_SERVER", {})
    if not servers:
        return {}
    row = config.get("NTP", {}).get("global", {})
    source = row.get("src_intf", "")
    source = ",".join(source) if isinstance(source, list) else source
    return _said(
        ("ntp", sorted(servers, key=natural_key)),
        ("ntp_options.source", source if source != "eth0" and "," not in source else ""),
        ("ntp_options.iburst", True if _shared(servers.values(), "iburst") == "on" else None),
        ("ntp_options.pool", True if _shared(servers.values(), "association_type") == "pool" else None),
    )


def _syslog(config: ConfigDb) -> Values:
    servers = config.get("SYSLOG_SERVER", {})
    if not servers:
        return {}
    rows = list(servers.values())
    told = ((key, _shared(rows, key)) for key in ("severity", "protocol", "port", "source"))
    options = ((f"syslog_options.{key}", _number(value)) for key, value in told)
    return _said(("syslog", sorted(servers, key=natural_key)), *options)


def _dns(config: ConfigDb) -> Values:
    search = config.get("DNS_OPTIONS", {}).get("GLOBAL", {}).get("search", [])
    servers = sorted(config.get("DNS_NAMESERVER", {}), key=natural_key)
    return _said(("dns", servers), ("dns_options.search", search if isinstance(search, list) else [search]))


def _login(config: ConfigDb) -> list[str]:
    return [one for one in text_of(config.get("AAA", {}).get("authentication", {}), "login").split(",") if one]


def _order(config: ConfigDb) -> Values:
    failthrough = text_of(config.get("AAA", {}).get("authentication", {}), "failthrough")
    return _said(("login", _login(config)), ("failthrough", {"True": True, "False": False}.get(failthrough)))


def _aaa(config: ConfigDb) -> Values:
    """The order of logins, where it asks for no secret."""
    order = _login(config)
    if not order or set(order) != {"local"} or set(config.get("AAA", {})) != {"authentication"}:
        return {}
    return {f"aaa.{key}": value for key, value in _order(config).items()}


def _servers(config: ConfigDb, table: str) -> Values:
    """The servers, the highest priority first, and what they have in common."""
    rows = config.get(f"{table}_SERVER", {})
    common = config.get(table, {}).get("global", {})

    def priority(name: str) -> tuple[int, int]:
        text = text_of(rows[name], "priority")
        return -int(text) if text.isdecimal() else 0, list(rows).index(name)

    source = text_of(common, "src_intf") or _shared(rows.values(), "src_intf")
    return _said(
        ("servers", sorted(rows, key=priority)),
        ("auth_type", text_of(common, "auth_type")),
        ("timeout", _number(text_of(common, "timeout"))),
        ("retransmit", _number(text_of(common, "retransmit"))),
        ("source", source),
    )


def _snmp_user(name: str, row: Row) -> Values:
    word = name.upper().replace("-", "_")
    found: Values = {"name": name, "auth": text_of(row, "SNMP_USER_AUTH_TYPE") or "SHA"}
    found["auth_password"] = f"env:SNMP_{word}"
    if text_of(row, "SNMP_USER_TYPE") == "Priv":
        found["privacy"] = text_of(row, "SNMP_USER_ENCRYPTION_TYPE") or "AES"
        found["privacy_password"] = f"env:SNMP_{word}_PRIVACY"
    return found


def _banner(config: ConfigDb) -> Values:
    """Texts that count: the image has some of its own, which are off."""
    row = config.get("BANNER_MESSAGE", {}).get("global", {})
    if text_of(row, "state") != "enabled":
        return {}
    return {f"banner.{key}": text_of(row, key) for key in ("login", "motd", "logout") if key in row}


def _kdump(config: ConfigDb) -> Values:
    row = config.get("KDUMP", {}).get("config", {})
    if text_of(row, "enabled") != "true":
        return {}
    pairs = ("memory", text_of(row, "memory")), ("dumps", _number(text_of(row, "num_dumps")))
    return {f"kdump.{key}": value for key, value in _said(("enabled", True), *pairs).items()}


def _sflow(config: ConfigDb) -> Values:
    row, rows = config.get("SFLOW", {}).get("global", {}), config.get("SFLOW_COLLECTOR", {})
    named = [rows.get(f"collector{number}", {}) for number in range(1, len(rows) + 1)]
    collectors = [text_of(one, "collector_ip") for one in named]
    if text_of(row, "admin_state") != "up" or not collectors or not all(collectors):
        return {}
    found = _said(
        ("collectors", collectors),
        ("port", _number(_shared(rows.values(), "collector_port"))),
        ("polling_interval", _number(text_of(row, "polling_interval"))),
        ("agent", text_of(row, "agent_id")),
    )
    return {f"sflow.{key}": value for key, value in found.items()}


_SSHD = {
    "retries": "authentication_retries",
    "login_timeout": "login_timeout",
    "idle_timeout": "inactivity_timeout",
    "max_sessions": "max_sessions",
}
_PASSWORDS = {"min_length": "len_min", "expire_days": "expiration", "history": "history_cnt"}


def _logins(config: ConfigDb) -> Values:
    sshd, rules = (config.get(table, {}).get("POLICIES", {}) for table in ("SSH_SERVER", "PASSW_HARDENING"))
    truth: Callable[[str], bool | None] = {"true": True, "false": False}.get
    found = _said(
        *((f"ssh_server.{key}", _number(text_of(sshd, field))) for key, field in _SSHD.items()),
        ("ssh_server.passwords", truth(text_of(sshd, "password_authentication"))),
    )
    if text_of(rules, "state") != "enabled":  # the image has numbers, which count for nothing
        return found
    numbers = ((f"password_rules.{key}", _signed(text_of(rules, field))) for key, field in _PASSWORDS.items())
    return found | _said(("password_rules.enabled", True), *numbers)


def _signed(text: str) -> int | str:
    return -1 if text == "-1" else _number(text)
