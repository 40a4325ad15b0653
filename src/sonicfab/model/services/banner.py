"""Banners."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from sonicfab.model.fields import Strict
from sonicfab.model.services import Service, given


class Banner(Strict):
    """What the switch says to those who log in; an empty text says none."""

    login: str | None = given("Text before the login.")
    motd: str | None = given("Text after the login.")
    logout: str | None = given("Text after the logout.")


class Banners(Service):
    """The banners. banner-config.sh writes /etc/issue.net, /etc/motd and /etc/logout_message of them (202405 on)."""

    in_network: ClassVar[bool] = False

    banner: Banner = Field(default=Banner(), description="What the switch says to those who log in.")
    needs: ClassVar = {f"banner.{key}": "BANNER_MESSAGE" for key in Banner.model_fields}
