"""sFlow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

from pydantic import Field, IPvAnyAddress

from sonicfab.model.fields import OneOrMany, Strict
from sonicfab.model.services import Get, Mistake, Service, given


class Sflow(Strict):
    """Samples of the traffic of all ports."""

    collectors: OneOrMany[IPvAnyAddress] | None = given(
        "Addresses of at most two collectors; an empty list says that nothing is sampled.",
        title="a collector of the inventory",
        max_length=2,
    )
    port: Annotated[int, Field(ge=1, le=65535)] | None = given("UDP port of the collectors; SONiC takes 6343.")
    polling_interval: Annotated[int, Field(ge=0, le=300)] | None = given(
        "Seconds between counters: 5 to 300, or 0 for none."
    )
    agent: str | None = given("Interface whose address is the agent's, such as eth0.")


class SflowAgent(Service):
    """The container sflow: sflowmgrd and hsflowd follow these tables (sonic-swss cfgmgr/sflowmgr.cpp)."""

    sflow: Sflow = Field(default=Sflow(), description="Samples of the traffic.")
    needs: ClassVar = {"sflow.collectors": "SFLOW_COLLECTOR"}

    @classmethod
    def mistakes(cls, get: Get) -> Iterator[Mistake]:
        """Options without a collector."""
        said = [key for key in ("port", "polling_interval", "agent") if get(f"sflow.{key}") is not None]
        if said and not get("sflow.collectors"):
            yield Mistake(f"sflow.{said[0]}", "there is no collector that this is about", "name one: `collectors`")
        if get("sflow.polling_interval") in (1, 2, 3, 4):
            yield Mistake("sflow.polling_interval", "the interval is 5 to 300 seconds, or 0 for none")
