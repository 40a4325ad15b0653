"""The time zone."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from sonicfab.model.fields import Timezone
from sonicfab.model.services import Service


class Zone(Service):
    """In which the switch tells the time."""

    in_network: ClassVar[bool] = False

    timezone: Timezone | None = Field(
        default=None, title="as given", description="Name of the IANA tz database, such as Europe/Berlin."
    )
