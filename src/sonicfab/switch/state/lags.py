"""Port channels and their members, as SONiC's redis databases have them.

teamsyncd writes LAG_TABLE and LAG_MEMBER_TABLE of APPL_DB (sonic-swss teamsyncd/teamsync.cpp), tlm_teamd those of
STATE_DB out of teamd's own state each second (sonic-swss tlm_teamd/values_store.cpp); `show interfaces portchannel` of
sonic-utilities reads the same rows, 202305 to 202605.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sonicfab.switch.answers import reading
from sonicfab.switch.state.ports import DATABASE_ROWS, Rows, table, yes

NOBODY = "00:00:00:00:00:00"
"""The system of a partner that is not heard."""

LAGS_APPL = DATABASE_ROWS.of(database="APPL_DB", pattern="LAG_*")
LAGS_STATE = DATABASE_ROWS.of(database="STATE_DB", pattern="LAG_*")


@dataclass(frozen=True, slots=True)
class LagMember:
    """A member; `partner` is the system that LACP hears on it, "" for nobody."""

    port: str
    link_up: bool
    selected: bool
    partner: str


@dataclass(frozen=True, slots=True)
class PortChannel:
    """A port channel.

    Attributes:
        mtu: bytes, 0 when it is not told.
        lacp: teamd tells how LACP runs on it.
    """

    name: str
    admin_up: bool
    oper_up: bool
    mtu: int
    lacp: bool
    members: Mapping[str, LagMember] = field(default_factory=dict)

    @property
    def selected(self) -> int:
        """How many of its members carry traffic."""
        return sum(one.selected for one in self.members.values())


@reading("LAG_TABLE of APPL_DB and STATE_DB")
def port_channels(appl: Rows, state: Rows) -> dict[str, PortChannel]:
    """Name -> port channel."""
    teams, enabled = table(state, "LAG_TABLE"), table(appl, "LAG_MEMBER_TABLE", ":")
    members: dict[str, dict[str, LagMember]] = {}
    told = table(state, "LAG_MEMBER_TABLE")
    for key in {key.replace(":", "|") for key in enabled} | told.keys():
        name, _, port = key.partition("|")
        fields = told.get(key, {})
        is_enabled = enabled.get(f"{name}:{port}", {}).get("status") == "enabled"
        selected = yes(fields, "runner.selected") if "runner.selected" in fields else is_enabled
        partner = fields.get("runner.partner_lacpdu_info.system", NOBODY).lower()
        up = yes(fields, "link.up") if "link.up" in fields else is_enabled
        members.setdefault(name, {})[port] = LagMember(port, up, selected, "" if partner == NOBODY else partner)
    found: dict[str, PortChannel] = {}
    for name, row in table(appl, "LAG_TABLE", ":").items():
        found[name] = PortChannel(
            name,
            row.get("admin_status") == "up",
            row.get("oper_status") == "up",
            int(row["mtu"]) if row.get("mtu", "").isdigit() else 0,
            "runner.active" in teams.get(name, {}),
            members.get(name, {}),
        )
    return found
