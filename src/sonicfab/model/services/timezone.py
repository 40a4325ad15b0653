"""The time zone."""

from __future__ import annotations

from typing import ClassVar

from sonicfab.model.fields import Timezone
from sonicfab.model.services import Service, given


class Zone(Service):
    """In which the switch tells the time."""

    in_network: ClassVar[bool] = False

    timezone: Timezone | None = given("Name of the IANA tz database, such as Europe/Berlin.")
