"""Plan to config: the templates of a switch, filled with its plan and the facts of its image build."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import yaml
from jinja2.exceptions import SecurityError

from sonicfab import yamltext
from sonicfab.configdb import FABRIC_TABLES, ConfigDb, Table, dumps
from sonicfab.datafiles import packaged_templates
from sonicfab.errors import Diagnostic, InputError, Place, Problem, TemplateError
from sonicfab.frr import frrcfgd
from sonicfab.hints import did_you_mean
from sonicfab.model.fields import SecretRef, secret_ref
from sonicfab.ownership.planned import Planned
from sonicfab.ownership.ports import users
from sonicfab.plan.types import FabricPlan, SwitchPlan
from sonicfab.sandbox import MAX_MEMORY, Hinted, Sandbox, TemplateLimitError, limits

FILES = "config_db.json", "frr.conf"
FRR_TEMPLATE = "frr/frr.conf.j2"
_PORT_TEMPLATE = "config_db/port.yml.j2"
ResolveSecret = Callable[[SecretRef, str], str]
_REFUSED = "templates see the plan and the facts of the switch, and reach nothing else: docs/security.md"
_TOO_MUCH = "templates have limits of time, memory and size: docs/security.md"


@dataclass(frozen=True)
class SwitchConfig:
    """What one switch is to run.

    Attributes:
        config_db: the rendered tables; an empty table says that it must have no rows.
        frr: the text of frr.conf; "" where frrcfgd makes FRR's config of the tables.
        secret_files: those of config_db.json and frr.conf that hold a secret, and must be for their owner alone.
        site_templates: the files of the site's own templates that made it.
        planned: what of it is ours; None where all of it is.
        clashes: where `extra` says what is planned already.
        asked: the references whose secrets are in it, each with its use.
    """

    switch: str
    config_db: ConfigDb
    frr: str
    secret_files: frozenset[str]
    site_templates: tuple[str, ...] = ()
    planned: Planned | None = None
    clashes: tuple[Problem, ...] = ()
    asked: tuple[tuple[SecretRef, str], ...] = ()

    @property
    def owned_tables(self) -> frozenset[str]:
        """The tables that sonicfab answers for on this switch."""
        return FABRIC_TABLES | self.config_db.keys()

    @property
    def config_db_text(self) -> str:
        """The config_db.json."""
        return dumps(self.config_db)


def template_folders(own: Sequence[Path] = ()) -> list[Path]:
    """Where templates are looked for: the site's own folders first, then those that ship with sonicfab."""
    return [*own, packaged_templates()]


class Renderer:
    """The templates, compiled once for all switches; those of a site may take only so much time and memory."""

    def __init__(self, folders: Sequence[Path], secrets: ResolveSecret) -> None:
        self._resolve = secrets
        self._last_template = FRR_TEMPLATE
        self._secret_files: set[str] = set()
        self._asked: dict[tuple[SecretRef, str], None] = {}
        self._environment = Sandbox(folders)
        self._loaded: dict[str, jinja2.Template] = {}
        self._asks: dict[str, tuple[str, ...]] = {}
        self._of_many: dict[tuple[object, ...], tuple[object, Mapping[str, Table]]] = {}
        names = self._environment.list_templates()
        self._config_db = [name for name in names if name.startswith("config_db/") and name.endswith(".yml.j2")]
        self._own_folders = [folder for folder in folders if folder != packaged_templates()]

    @property
    def site_templates(self) -> tuple[str, ...]:
        """The files of the site's own templates that have been used so far."""
        loaded = self._environment.files
        return tuple(
            sorted(file for file in loaded if any(Path(file).is_relative_to(one) for one in self._own_folders))
        )

    def render(self, fabric: FabricPlan, switch: SwitchPlan) -> SwitchConfig:
        """Both files of one switch.

        Raises:
            TemplateError: a template fails, or what it makes is not a config_db.
            InputError: a secret that the config needs cannot be found.
        """
        self._switch, self._secret_files, self._asked = switch, set(), {}
        self._environment.filters |= {"secret": self._secret, "base64": _base64}
        values: dict[str, Any] = {
            "fabric": fabric,
            "switch": switch,
            "build": switch.build,
            "platform": switch.platform,
        }
        try:
            with limits() if self._own_folders else nullcontext():
                tables = self._all_tables(values)
                frr = "" if switch.unified else self._text(FRR_TEMPLATE, values)
                idle = switch.left.idle(tables, frr)
                if switch.unified and switch.ownership == "planned":  # they are what frr.conf is elsewhere
                    tables = switch.left.without(tables, frrcfgd.TABLES)
        except (TemplateLimitError, MemoryError, RecursionError) as err:  # where what a template made was read
            message = f"rendering {switch.name} failed: {_said(err)}"
            raise _template_error(message, Place(self._last_template), _TOO_MUCH) from err
        extra = switch.extra.with_secrets(self._extra_secret)
        made, clashes = extra.with_rows(tables, self._writers, {"PORT": switch.unplanned_ports})
        frr, more = extra.with_lines(frr)
        return SwitchConfig(
            switch.name,
            made,
            frr,
            frozenset(self._secret_files),
            self.site_templates,
            planned_of(switch, tables, idle),
            (*clashes, *more),
            tuple(self._asked),
        )

    def _secret(self, ref: object, what: str) -> str:
        """The filter `secret`: what a reference of the inventory stands for, or a mask where it may not be read.

        The file that is being made holds it then. How to log in is no business of a template.
        """
        ssh = self._switch.ssh
        if not isinstance(ref, SecretRef) or any(ref is one for one in (ssh.password, ssh.key, ssh.passphrase)):
            raise SecurityError(f"{what} is no secret for a config")
        self._secret_files.add("frr.conf" if self._last_template == FRR_TEMPLATE else "config_db.json")
        return self._found(ref, what)

    def _extra_secret(self, ref: str, what: str, file: str) -> str:
        """What a reference in `extra` stands for."""
        self._secret_files.add(file)
        return self._found(secret_ref(ref), what)

    def _found(self, ref: SecretRef, what: str) -> str:
        self._asked[ref, what] = None
        return self._resolve(ref, f"{what} of {self._switch.name}")

    def _all_tables(self, values: Mapping[str, Any]) -> dict[str, Table]:
        tables: dict[str, Table] = {}
        writer = self._writers = dict[str, str]()
        last = [name for name in self._config_db if name == _PORT_TEMPLATE]  # it has to know which ports rows use
        for name in [*(one for one in self._config_db if one not in last), *last]:
            if name in last:
                values = {**values, "used_ports": _used_ports(values["switch"], tables)}
            for table, rows in self._tables(name, values).items():
                if table in tables:
                    both = " and by ".join(sorted((writer[table], name)))
                    raise TemplateError(f"table {table} is written by {both}: one must do it")
                tables[table], writer[table] = rows, name
        return tables

    def _tables(self, name: str, values: Mapping[str, Any]) -> Mapping[str, Table]:
        """What a template makes of a switch; of what many have alike, the same for all of them."""
        asks = self._asks.get(name)
        if not asks:
            made = self._new_tables(name, values)
            if asks is None:
                self._asks[name] = _asked_of_many(self._environment.texts[name])
            return made
        seen = tuple(values[one] if one in values else getattr(values["switch"], one) for one in asks)
        key = (name, *map(id, seen))
        if key not in self._of_many:
            if len(self._of_many) > _MOST_MADE:
                self._of_many.clear()
            self._of_many[key] = seen, self._new_tables(name, values)  # what is seen is kept, and so is its identity
        return self._of_many[key][1]

    def _new_tables(self, name: str, values: Mapping[str, Any]) -> Mapping[str, Table]:
        text = self._text(name, values)
        if not text.strip():  # nothing for this switch, as of most services
            return {}
        if (plain := yamltext.plain_tables(text)) is not None:
            return plain
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
        self._last_template = name
        try:
            template = self._loaded.get(name)
            if template is None:
                template = self._loaded[name] = self._environment.get_template(name)
            return template.render(values)
        except InputError:  # of a secret that cannot be found
            raise
        except jinja2.TemplateSyntaxError as err:
            place = Place(err.filename or err.name or name, err.lineno)
            raise _template_error(f"the template cannot be read: {err.message}", place) from err
        except jinja2.TemplateNotFound as err:
            raise TemplateError(f"there is no template {err.name}", hint=f"{name} needs it") from err
        except Exception as err:  # a template can raise whatever Python raises
            hint = _REFUSED if isinstance(err, SecurityError) else ""
            if isinstance(err, (TemplateLimitError, MemoryError, RecursionError)):
                hint = _TOO_MUCH
            hint = hint or next((one.hint for one in err.args if isinstance(one, Hinted)), "")
            hint = hint or _unknown_variable(str(err), values)
            message = f"rendering {values['switch'].name} failed: {_said(err)}"
            raise _template_error(message, Place(*_raised_at(err, name)), hint) from err


def _asked_of_many(template: str) -> tuple[str, ...]:
    """What a template makes its tables of, where that is nothing that each switch has for itself; else nothing."""
    text = _COMMENT.sub(" ", template)
    asked = {word or "switch" for word in _SWITCH.findall(text)}
    return (*sorted(asked), "build", "platform") if asked <= _OF_MANY and not _OF_ONE.search(text) else ()


_SWITCH = re.compile(r"\bswitch\b(?:\.(\w+))?")
_COMMENT = re.compile(r"\{#[^\"']*?#\}")
_OF_MANY = frozenset({"services", "breakouts", "vlans", "role"})
_OF_ONE = re.compile(r"\b(?:fabric|secret|used_ports|include|import|extends|random|lipsum)\b")
"""Words of what else a template can see: by these its tables could differ from one switch to the next."""
_MOST_MADE = 1000


def _base64(text: str) -> str:
    """The filter `base64`: a text as SONiC keeps some secrets."""
    return b64encode(text.encode()).decode()


def planned_of(switch: SwitchPlan, tables: ConfigDb, idle: frozenset[str] = frozenset()) -> Planned | None:
    """What of a switch is ours, None for all of it; `tables` are the templates', `idle` is left in vain."""
    if switch.ownership == "everything":
        return None
    extra, rows = switch.extra.config_db, tables.get("PORT", {})
    ports = extra.get("PORT", {})
    return Planned(
        {"PORT": {name: decided | ports.get(name, {}).keys() for name, decided in switch.unplanned_ports.items()}},
        frozenset(extra.keys() - tables.keys()),
        {"PORT": {one.name: one.decided - rows.get(one.name, {}).keys() for one in switch.ports if one.decided}},
        switch.left,
        idle,
    )


def _used_ports(switch: SwitchPlan, tables: Mapping[str, Table]) -> set[str]:
    """The ports that rows of the other templates, or of `extra`, name."""
    ports = {port.name for port in switch.ports}
    return {*users(tables, ports), *users(switch.extra.config_db, ports)}


def _unknown_variable(message: str, values: Mapping[str, Any]) -> str:
    """What a variable that is nowhere set may have meant."""
    name, undefined, rest = message.partition("' is undefined")
    return did_you_mean(name[1:], values) if undefined and not rest else ""


def _said(err: BaseException) -> str:
    if isinstance(err, MemoryError):
        return f"it takes more than {MAX_MEMORY >> 20} MB of memory"
    return str(err) or type(err).__name__


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


def _template_error(message: str, place: Place, hint: str = "") -> TemplateError:
    return TemplateError("a template is not usable", diagnostics=[Diagnostic("error", message, place, hint)])


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
