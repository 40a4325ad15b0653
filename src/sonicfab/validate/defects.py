"""What an image build is known to do wrong with just what a config_db says."""

from __future__ import annotations

from collections.abc import Iterator

from sonicfab.builds import Build
from sonicfab.configdb import ConfigDb
from sonicfab.platforms import Platform
from sonicfab.ports import defects_on
from sonicfab.validate.findings import Finding


def check_defects(config: ConfigDb, build: Build, platform: Platform | None) -> Iterator[Finding]:
    """The defects of the build that concern rows of this config, each at the first of them."""
    for defect in defects_on(build, [platform] if platform else []):
        places = [found_at(config, rows) for rows in defect.rows]
        if places and all(places):
            message = f"on {build.name} {defect.what}: {defect.consequence}"
            yield Finding("SF-504", places[0], message, defect.mend, source=defect.source)


def found_at(config: ConfigDb, rows: str) -> str:
    """The place of TABLE[|KEY][ FIELD[=VALUE]] in a config; "" when it is not there."""
    row, _, condition = rows.partition(" ")
    table, _, key = row.partition("|")
    field, _, value = condition.partition("=")
    for name, fields in config.get(table, {}).items():
        if key not in ("", "*", name) or (field and field not in fields):
            continue
        if not value or fields.get(field) == value:
            return f"{table}|{name}" + (f" {field}" if field else "")
    return ""
