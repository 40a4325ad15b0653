"""Kernel crash dumps."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from sonicfab.model.fields import Strict
from sonicfab.model.services import Service, given


class Kdump(Strict):
    """Whether the kernel keeps what it had in memory when it crashed; it counts from the next boot on."""

    enabled: bool | None = given("Whether a crash is dumped.")
    memory: str | None = given("Memory that is kept for it, as the kernel's crashkernel: 0M-2G:256M.")
    dumps: Annotated[int, Field(ge=1, le=9)] | None = given("Dumps that are kept on the switch.")


class KernelDump(Service):
    """hostcfgd's KdumpCfg runs sonic-kdump-config with it, and fills in what is missing (202305 to 202605)."""

    in_network: ClassVar[bool] = False

    kdump: Kdump = Field(default=Kdump(), description="Dumps of a kernel that crashes.")
    needs: ClassVar = {
        "kdump.enabled": "KDUMP enabled",
        "kdump.memory": "KDUMP memory",
        "kdump.dumps": "KDUMP num_dumps",
    }
