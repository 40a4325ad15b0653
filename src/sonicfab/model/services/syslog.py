"""syslog."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field, IPvAnyAddress

from sonicfab.ipam import is_address
from sonicfab.model.fields import HostName, OneOrMany, Strict
from sonicfab.model.services import Get, Mistake, Service, given


class SyslogOptions(Strict):
    """What goes to all of the servers, and how. hostcfgd's RSyslogCfg makes rsyslog.conf of it (202305 to 202605)."""

    severity: Literal["none", "debug", "info", "notice", "warn", "error", "crit"] | None = given(
        "Messages of this severity and worse are sent."
    )
    protocol: Literal["udp", "tcp"] | None = given("Protocol in which they are sent; SONiC takes UDP.")
    port: Annotated[int, Field(ge=1, le=65535)] | None = given("Port of the servers; SONiC takes 514.")
    source: IPvAnyAddress | None = given("Address of the switch that they are sent from.")


class Syslog(Service):
    """Where the switch logs to."""

    syslog: OneOrMany[HostName] | None = given(
        "Servers that the switch logs to, addresses or names; an empty list says none.",
        title="a syslog server of the inventory",
    )
    syslog_options: SyslogOptions = Field(
        default=SyslogOptions(), description="What goes to the syslog servers, and how."
    )
    needs: ClassVar = {f"syslog_options.{key}": f"SYSLOG_SERVER {key}" for key in SyslogOptions.model_fields}

    @classmethod
    def mistakes(cls, get: Get) -> Iterator[Mistake]:
        """Options of no server; a source of another family than a server, which sonic-syslog.yang refuses."""
        said = [key for key in SyslogOptions.model_fields if get(f"syslog_options.{key}") is not None]
        if said and not get("syslog"):
            hint = "name them: `syslog`"
            yield Mistake(f"syslog_options.{said[0]}", "there is no syslog server that this is about", hint)
        source = get("syslog_options.source")
        for server in get("syslog") or () if source else ():
            if is_address(server) and (":" in server) != (source.version == 6):
                message = f"from {source} no message gets to {server}, which is of another family"
                yield Mistake("syslog_options.source", message)
