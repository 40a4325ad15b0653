"""Plan to config: the templates of a switch, filled with its plan and the facts of its image build."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2
import yaml
from jinja2.ext import Extension

from sonicfab import yamltext
from sonicfab.builds import get_build
from sonicfab.configdb import FABRIC_TABLES, ConfigDb, Table, dumps
from sonicfab.errors import Diagnostic, Place, TemplateError
from sonicfab.model.fields import SecretRef
from sonicfab.plan.types import FabricPlan, SwitchPlan
from sonicfab.platforms import get_platform

FRR_TEMPLATE = "frr/frr.conf.j2"
ResolveSecret = Callable[[SecretRef, str], str]


@dataclass(frozen=True)
class SwitchConfig:
    """What one switch is to run.

    Attributes:
        config_db: the rendered tables; an empty table says that it must have no rows.
        frr: the text of frr.conf.
        secret: the config_db holds a secret, so its file must be for its owner alone.
    """

    switch: str
    config_db: ConfigDb
    frr: str
    secret: bool

    @property
    def owned_tables(self) -> frozenset[str]:
        """The tables that sonicfab answers for on this switch."""
        return FABRIC_TABLES | self.config_db.keys()

    @property
    def config_db_text(self) -> str:
        """The config_db.json."""
        return dumps(self.config_db)


def template_folders(own: Sequence[Path] = ()) -> list[Path]:
    """Where templates are looked for: the user's own folders first, then those that ship with sonicfab."""
    packaged = Path(str(files("sonicfab"))) / "templates"
    checkout = Path(__file__).resolve().parents[2] / "templates"
    return [*own, packaged if packaged.is_dir() else checkout]


class Renderer:
    """The templates, compiled once for all switches."""

    extensions: Sequence[type[Extension]] = ()

    def __init__(self, folders: Iterable[Path], secrets: ResolveSecret) -> None:
        self._resolve = secrets
        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader([str(folder) for folder in folders]),
            extensions=self.extensions,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            autoescape=False,  # noqa: S701 - the output is configuration, not HTML
        )
        names = self._environment.list_templates(filter_func=lambda name: name.startswith("config_db/"))
        self._config_db = sorted(name for name in names if name.endswith(".yml.j2"))

    def render(self, fabric: FabricPlan, switch: SwitchPlan) -> SwitchConfig:
        """Both files of one switch.

        Raises:
            TemplateError: a template fails, or what it makes is not a config_db.
            InputError: a secret that the config needs cannot be found.
        """
        community = switch.snmp.community
        values: dict[str, Any] = {
            "fabric": fabric,
            "switch": switch,
            "build": get_build(switch.build),
            "platform": get_platform(switch.platform),
            "snmp_community": self._resolve(community, f"SNMP community of {switch.name}") if community else None,
        }
        tables: dict[str, Table] = {}
        writer: dict[str, str] = {}
        for name in self._config_db:
            for table, rows in self._tables(name, values).items():
                if table in tables:
                    raise TemplateError(f"table {table} is written by {writer[table]} and by {name}: one must do it")
                tables[table], writer[table] = rows, name
        return SwitchConfig(switch.name, tables, self._text(FRR_TEMPLATE, values), community is not None)

    def _tables(self, name: str, values: Mapping[str, Any]) -> dict[str, Table]:
        text = self._text(name, values)
        try:
            data = yamltext.value(yamltext.compose(text))
        except yaml.MarkedYAMLError as err:
            line = err.problem_mark.line if err.problem_mark else 0
            made = text.splitlines()[line] if line < len(text.splitlines()) else ""
            raise TemplateError(
                f"template {name} does not make YAML for {values['switch'].name}: {err.problem}",
                hint=f"line {line + 1} of what it made: {made.strip()}",
            ) from err
        except ValueError as err:
            raise TemplateError(f"template {name} does not make tables for {values['switch'].name}: {err}") from err
        if data is None:
            return {}
        if not isinstance(data, dict):
            raise TemplateError(f"template {name} must make tables, it made a {type(data).__name__}")
        return {table: _rows(name, table, rows) for table, rows in data.items()}

    def _text(self, name: str, values: Mapping[str, Any]) -> str:
        try:
            return self._environment.get_template(name).render(values)
        except jinja2.TemplateSyntaxError as err:
            place = Place(err.filename or err.name or name, err.lineno)
            message = f"the template cannot be read: {err.message}"
            raise _template_error(message, place) from err
        except jinja2.TemplateNotFound as err:
            raise TemplateError(f"there is no template {err.name}", hint=f"{name} needs it") from err
        except (jinja2.TemplateError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError) as err:
            place = Place(*_raised_at(err, name))
            message = f"rendering {values['switch'].name} failed: {err}"
            raise _template_error(message, place) from err


def _rows(name: str, table: str, rows: object) -> Table:
    """The rows of a table, checked: mappings of fields, each a string or a list of strings."""
    if not isinstance(rows, dict):
        raise TemplateError(f"template {name}: table {table} must be a mapping of rows")
    for key, row in rows.items():
        if not isinstance(row, dict):
            raise TemplateError(f"template {name}: row {table}|{key} must be a mapping; write {{}} if it is empty")
        for field, value in row.items():
            members = value if isinstance(value, list) else [value]
            if not all(isinstance(member, str) for member in members):
                raise TemplateError(f"template {name}: {table}|{key} {field} must be a string or a list of strings")
    return rows


def _template_error(message: str, place: Place) -> TemplateError:
    return TemplateError("a template is not usable", diagnostics=[Diagnostic("error", message, place)])


def _raised_at(err: Exception, name: str) -> tuple[str, int]:
    """File and line of the template that an error came from; Jinja keeps them in the traceback."""
    trace = err.__traceback__
    found = (name, 0)
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file.endswith(".j2"):
            found = (file, trace.tb_lineno)
        trace = trace.tb_next
    return found
