"""DNS."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from pydantic import Field, IPvAnyAddress

from sonicfab.model.fields import HostName, OneOrMany, Strict
from sonicfab.model.services import Get, Mistake, Service, given


class DnsOptions(Strict):
    """How the name servers are asked. hostcfgd's DnsCfg restarts resolv-config for it (202511 on)."""

    search: OneOrMany[HostName] | None = given(
        "Domains in which a name without dots is looked for; an empty list says none.",
        title="a domain of the inventory",
    )


class Dns(Service):
    """The resolver."""

    dns: OneOrMany[IPvAnyAddress] | None = given(
        "Addresses of at most three name servers; an empty list says none.",
        title="a name server of the inventory",
        max_length=3,
    )
    dns_options: DnsOptions = Field(default=DnsOptions(), description="How the name servers are asked.")
    needs: ClassVar = {"dns_options.search": "DNS_OPTIONS search"}

    @classmethod
    def mistakes(cls, get: Get) -> Iterator[Mistake]:
        """Options without a server: sonic-dns.yang has DNS_OPTIONS only beside one."""
        if get("dns_options.search") and not get("dns"):
            yield Mistake("dns_options.search", "there is no name server that this is about", "name them: `dns`")
