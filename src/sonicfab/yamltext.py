"""YAML read as it is written: every scalar stays a string.

YAML's own guesses turn a MAC address into a base-60 number and `no` into False, and SONiC wants strings anyway.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING or yaml.__with_libyaml__:
    from yaml._yaml import CParser

    class _Composer(CParser):
        """libyaml's parser without PyYAML's resolver, whose guesses are not wanted: half the time of CBaseLoader."""

        def resolve(self, kind: object, value: object, implicit: object) -> None:
            """No tag."""

        def descend_resolver(self, current_node: object, current_index: object) -> None:
            """Nothing to resolve."""

        def ascend_resolver(self) -> None:
            """Nothing to resolve."""

else:
    _Composer = yaml.BaseLoader


def compose(text: str) -> yaml.Node | None:
    """The nodes of a text with one document, each with its place; None when it is empty.

    Raises:
        yaml.YAMLError: it is not YAML.
    """
    node: yaml.Node | None = _Composer(text).get_single_node()
    return node


def is_plain(node: yaml.Node) -> bool:
    """True for a scalar without quotes; libyaml and PyYAML say it differently."""
    return getattr(node, "style", None) in (None, "")


def value(node: yaml.Node | None) -> object:
    """Mappings, lists, strings; None for a value that is left out.

    Raises:
        ValueError: a key is not a scalar, or stands twice in its mapping.
    """
    if isinstance(node, yaml.MappingNode):
        return _mapping(node)
    if isinstance(node, yaml.SequenceNode):
        return [value(item) for item in node.value]
    if node is None or (node.value == "" and is_plain(node)):
        return None
    return node.value


def _mapping(node: yaml.MappingNode) -> dict[str, object]:
    try:
        found = {key.value: value(item) for key, item in node.value}
    except TypeError as err:
        raise ValueError("a key is not a plain word") from err
    if len(found) != len(node.value):
        keys = [key.value for key, _ in node.value]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {twice} stands there twice")
    return found
