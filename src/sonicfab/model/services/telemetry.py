"""Streaming telemetry: gNMI."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from sonicfab.model.fields import Strict
from sonicfab.model.services import Service, given

_CERTIFICATE = "Path on the switch, or in what its container sees, of"


class Telemetry(Strict):
    """A gNMI server."""

    port: Annotated[int, Field(ge=1, le=65535)] | None = given("Port that it listens on.")
    client_auth: bool | None = given("Whether clients must have a certificate.")
    log_level: Annotated[int, Field(ge=0, le=100)] | None = given("How much it logs.")
    server_crt: str | None = given(f"{_CERTIFICATE} the certificate of the server, a .cer file.")
    server_key: str | None = given(f"{_CERTIFICATE} the key of the server, a .key file.")
    ca_crt: str | None = given(f"{_CERTIFICATE} the certificate of the authority, a .cer file.")


class Gnmi(Telemetry):
    """The same of the container gnmi."""


class TelemetryServer(Service):
    """The containers telemetry and gnmi, which read these tables as they start: telemetry.sh, gnmi-native.sh."""

    telemetry: Telemetry = Field(default=Telemetry(), description="The gNMI server of the container telemetry.")
    gnmi: Gnmi = Field(default=Gnmi(), description="The gNMI server of the container gnmi.")
    needs: ClassVar = {
        f"{service}.{key}": f"{service.upper()} {key}"
        for service in ("telemetry", "gnmi")
        for key in Telemetry.model_fields
    }
