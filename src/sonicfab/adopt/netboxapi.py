"""NetBox over HTTP, by pynetbox: devices, interfaces and addresses as they are told; nothing is concluded here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from sonicfab.errors import InputError, LoginError, TransportError

Record = Mapping[str, Any]
_TOGETHER = 50
"""Devices whose interfaces are asked for at once: their numbers are part of the address, which is not endless."""
_PAGE = 200


@dataclass(frozen=True)
class NetBox:
    """Where it is asked.

    Attributes:
        url: such as https://netbox.example.net, without /api.
        token: for the API.
        timeout: seconds that one answer may take.
        page: how many records an answer has at most.
    """

    url: str
    token: str = field(repr=False)
    timeout: float = 30
    page: int = _PAGE


@dataclass(frozen=True)
class Records:
    """What NetBox has of some devices; interfaces and addresses of all of them."""

    devices: Sequence[Record]
    interfaces: Sequence[Record]
    addresses: Sequence[Record]


def fetch(netbox: NetBox, filters: Mapping[str, Sequence[str]]) -> Records:
    """The devices that NetBox's own filters choose (`site`, `tag`, `role` …), and what is on them.

    Raises:
        InputError: pynetbox is missing, this is no NetBox, or it knows no such filter.
        LoginError: it does not take the token.
        TransportError: it does not answer, or not in time, or fails.
    """
    api = _api(netbox)
    devices = _all(netbox, "devices", partial(api.dcim.devices.filter, limit=netbox.page, **_words(filters)))
    found: dict[str, list[Record]] = {"interfaces": [], "addresses": []}
    numbers = [int(one["id"]) for one in devices if "id" in one]
    for start in range(0, len(numbers), _TOGETHER):
        some = numbers[start : start + _TOGETHER]
        for what, endpoint in (("interfaces", api.dcim.interfaces), ("addresses", api.ipam.ip_addresses)):
            found[what] += _all(netbox, what, partial(endpoint.filter, device_id=some, limit=netbox.page))
    return Records(devices, found["interfaces"], found["addresses"])


def _words(filters: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Without any, one that lets all pass: pynetbox asks for one."""
    return {key: list(values) for key, values in filters.items()} or {"ordering": "name"}


def _api(netbox: NetBox) -> Any:  # noqa: ANN401 - pynetbox has no types
    try:
        import pynetbox
        from requests import Session
        from requests.adapters import HTTPAdapter
    except ImportError as err:
        raise InputError("pynetbox is not installed", "pip install 'sonicfab[netbox]'") from err

    class Patient(HTTPAdapter):
        def send(self, request: Any, **options: Any) -> Any:  # type: ignore[override]  # noqa: ANN401
            """See requests: it waits for ever unless it is told otherwise."""
            return super().send(request, **{**options, "timeout": netbox.timeout})

    session = Session()
    for scheme in ("http://", "https://"):
        session.mount(scheme, Patient())
    api: Any = pynetbox.api(netbox.url, token=netbox.token)  # type: ignore[no-untyped-call]
    api.http_session = session
    return api


def _all(netbox: NetBox, what: str, ask: Callable[[], Iterator[Any]]) -> list[Record]:
    """Every record, whatever the number of pages; errors in the words of whoever has typed the command."""
    import pynetbox
    from requests.exceptions import RequestException, SSLError, Timeout

    try:
        return [dict(one) for one in ask()]
    except pynetbox.RequestError as err:
        raise _refused(netbox, what, err.req.status_code) from err
    except (pynetbox.ContentError, KeyError, TypeError, ValueError, AttributeError) as err:
        hint = "the URL is that of the web page, without /api"
        raise InputError(f"{netbox.url}: what it says of {what} is not NetBox's API", hint) from err
    except Timeout as err:
        raise TransportError(f"{netbox.url}: no answer within {netbox.timeout:.0f} s when asked for {what}") from err
    except SSLError as err:
        hint = "REQUESTS_CA_BUNDLE=FILE names the certificates of one's own authority"
        raise TransportError(f"{netbox.url}: its certificate is not trusted", hint) from err
    except RequestException as err:
        raise TransportError(f"{netbox.url}: cannot be reached: {type(err).__name__}") from err


def _refused(netbox: NetBox, what: str, status: int) -> Exception:
    if status in (401, 403):
        hint = "the token needs to see dcim.device, dcim.interface and ipam.ipaddress"
        return LoginError(f"{netbox.url}: the token may not read {what} (HTTP {status})", hint)
    if status == 404:
        return InputError(f"{netbox.url}: there is no NetBox API (HTTP 404)", "the URL is without /api")
    if status == 400:
        return InputError(f"{netbox.url}: it knows no such --filter of {what} (HTTP 400)", "such as --filter site=fra1")
    return TransportError(f"{netbox.url}: it failed when asked for {what} (HTTP {status})")
