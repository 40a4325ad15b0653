"""The JSON Schema of an inventory or a topology, as editors complete and check by it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sonicfab.catalog import Catalog
from sonicfab.datafiles import read_facts
from sonicfab.model.fields import timezones
from sonicfab.model.inventory import Inventory
from sonicfab.model.topology import Topology


def editor_schema(model: type[Inventory | Topology], catalog: Catalog) -> dict[str, Any]:
    """The schema with a sentence for every key, and the values of keys that only some are known for.

    The image builds and switch models are those of the catalog.
    """
    value = model.model_json_schema(mode="validation")
    choices = {"platform": tuple(catalog.platforms), "image_build": tuple(catalog.builds), "timezone": timezones()}
    told = read_facts("", "keys")["keys"]
    for name, one in {model.__name__: value, **value.get("$defs", {})}.items():
        _complete(one.get("properties", {}), told.get(name, {}), choices)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **value}


def _complete(
    properties: dict[str, dict[str, Any]], told: Mapping[str, str], choices: Mapping[str, tuple[str, ...]]
) -> None:
    for key, one in properties.items():
        one.pop("title", None)  # pydantic's title is the key once more, and editors show it before the description
        if key in told:
            one["description"] = told[key]
        for kind in one.get("anyOf", [one]):
            if key in choices and kind.get("type") == "string":
                kind["enum"] = list(choices[key])
