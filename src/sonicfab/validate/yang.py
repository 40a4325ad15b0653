"""Net 2: a config_db against the YANG models of its build, by yangson; every row that is refused, not the first alone.

The models know conditions that the schema facts have no name for, and they are the image's own.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sonicfab.configdb import ConfigDb
from sonicfab.schema.facts import Schema
from sonicfab.schema.generate import facts_of
from sonicfab.schema.models import compile_models
from sonicfab.validate.findings import Finding
from sonicfab.validate.translate import ModelRow, translated
from sonicfab.validate.tree import config_tree

_TAIL = re.compile(r"^\{[^}]*?\}\s*")
_LEAF = re.compile(r"/([\w.-]+)(?:\[[^\]]*\])?\}")


class YangCheck:
    """Checks configs against the models of one folder."""

    def __init__(self, folder: Path, schema: Schema | None = None) -> None:
        """Compile the models, or take them from the cache; without `schema` the facts come from the models, too.

        Raises:
            InputError: the models cannot be read.
        """
        self._model = compile_models(folder)
        self.schema = schema if schema is not None else Schema(facts_of(self._model))
        self._namespaces = {
            module.yang_id[0]: namespace for namespace, module in self._model.schema_data.modules_by_ns.items()
        }

    @property
    def engine(self) -> str:
        """What has checked, for people."""
        return "yangson"

    def check(self, config: ConfigDb) -> list[Finding]:
        """What the models refuse, and before that what cannot be told in their terms."""
        rows, found = translated(self.schema, config)
        return found + self.refused(rows)

    def refused(self, rows: Sequence[ModelRow]) -> list[Finding]:
        """What the models refuse."""
        try:
            self._validate(self._tree(rows))
        except _yangson_errors() as err:
            return self._each(rows) or [_finding(None, err)]
        return []

    def close(self) -> None:
        """Nothing is held."""

    def _each(self, rows: Sequence[ModelRow]) -> list[Finding]:
        """The same row by row, so that one that is refused does not hide the others."""
        found: list[Finding] = []
        sound: list[ModelRow] = []
        incomplete: set[tuple[str, str]] = set()
        for row in rows:
            bad = self._unreadable(row)
            found += bad.values()
            if bad:
                incomplete.add((row.table.name, row.key))
            if not any(field in row.facts.keys for field, _ in row.fields if field.name in bad):
                sound.append(_without(row, bad))
        root = self._tree(sound)
        for row, instance in self._instances(root, sound):
            found += _row_errors(row, instance, complete=(row.table.name, row.key) not in incomplete)
        return found

    def _unreadable(self, row: ModelRow) -> dict[str, Finding]:
        """Field or key part -> why its value has no place in the tree at all: text for a number and the like."""
        whole = _first_error(row, lambda: self._tree([row]))
        if whole is None:
            return {}
        keys = [one for one in row.fields if one[0] in row.facts.keys]
        bad: dict[str, Finding] = {}
        for field, members in row.fields:
            alone = [*keys, (field, members)] if (field, members) not in keys else [(field, members)]
            part = ModelRow(row.table, row.facts, row.key, row.values, alone, ())
            finding = _first_error(part, lambda part=part: self._tree([part]))  # type: ignore[misc]
            if finding:
                bad[field.name] = row.finding("SF-150", finding.message, "" if field in row.facts.keys else field.name)
        return bad or {"": whole}

    def _instances(self, root: Any, rows: Sequence[ModelRow]) -> Iterable[tuple[ModelRow, Any]]:  # noqa: ANN401
        """Each row with its node in the tree."""
        positions: dict[tuple[str, str], int] = defaultdict(int)
        for row in rows:
            table, module, name = row.table.name, row.table.module, row.facts.name
            node = root[f"{module}:{module}"][table][name]
            if row.facts.keys:
                position = positions[table, name]
                positions[table, name] += 1
                node = node[position]
            yield row, node

    def _tree(self, rows: Iterable[ModelRow]) -> Any:  # noqa: ANN401 - yangson's RootNode
        """The rows as a data tree.

        Raises:
            YangsonException: a value is not even of the right kind.
        """
        return self._model.from_xml(config_tree(rows, self._namespaces))

    @staticmethod
    def _validate(root: Any) -> None:  # noqa: ANN401
        from yangson.enumerations import ContentType, ValidationScope

        root.validate(ValidationScope.all, ContentType.config)


def _row_errors(row: ModelRow, instance: Any, *, complete: bool) -> list[Finding]:  # noqa: ANN401
    """What is wrong in a row: in each of its fields, then in the row as a whole unless fields had to be left out."""
    whole = _first_error(row, instance.validate)
    if whole is None:
        return []
    each = (_first_error(row, instance[name].validate) for name in instance.value)
    found = [one for one in each if one]
    if complete and whole.place not in {one.place for one in found}:
        found.append(whole)
    return found


def _without(row: ModelRow, bad: Mapping[str, Finding]) -> ModelRow:
    fields = [one for one in row.fields if one[0].name not in bad]
    return ModelRow(row.table, row.facts, row.key, row.values, fields, row.problems)


def _first_error(row: ModelRow, attempt: Callable[[], object]) -> Finding | None:
    try:
        attempt()
    except _yangson_errors() as err:
        return _finding(row, err)
    return None


def _finding(row: ModelRow | None, err: Exception) -> Finding:
    """Yangson's message at the row that it is about; its path is the model's, ours is config_db's."""
    said = str(err)
    message = _TAIL.sub("", said)
    if row is None:
        return Finding("SF-150", "", said)
    leaf = _LEAF.search(said)
    field = leaf[1] if leaf and leaf[1] in row.facts.fields else ""
    return row.finding("SF-150", f"the model says: {message}", field)


def _yangson_errors() -> tuple[type[Exception], ...]:
    from yangson.exceptions import YangsonException

    return (YangsonException,)
