"""CONFIG_DB in the switch's redis, laid out as SONiC does (sonic-swss-common common/configdb.h, configdb.cpp).

Database 4; a row is a hash TABLE|KEY; an empty row is the field NULL; a list is a field NAME@ joined by commas.
"""

from __future__ import annotations

from sonicfab.lab.sonic import redis as server
from sonicfab.lab.sonic import texts

TYPE_CHECKING = False  # typing takes longer to load than a question to redis
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    Config = dict[str, dict[str, dict[str, Any]]]

DATABASES = {
    "APPL_DB": 0,
    "ASIC_DB": 1,
    "COUNTERS_DB": 2,
    "CONFIG_DB": 4,
    "FLEX_COUNTER_DB": 5,
    "STATE_DB": 6,
}
"""database_config.json of sonic-swss-common."""

INITIALIZED = "CONFIG_DB_INITIALIZED"


def natural(key: str) -> list[str | int]:
    """By which keys are sorted as people do, and sonic-cfggen: Ethernet2 before Ethernet10."""
    import re  # here, as most programs sort nothing

    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", key)]


_DUMP = """
local rows = {}
for _, key in ipairs(redis.call('KEYS', ARGV[1])) do
  if redis.call('TYPE', key).ok == 'hash' then
    local row, flat = {}, redis.call('HGETALL', key)
    for i = 1, #flat, 2 do row[flat[i]] = flat[i + 1] end
    rows[key] = row
  end
end
return cjson.encode(rows)
"""
_RUN = "for _, command in ipairs(cjson.decode(ARGV[1])) do redis.call(unpack(command)) end"


def redis(*arguments: str, database: int = DATABASES["CONFIG_DB"]) -> str:
    """What redis-cli would print; a RuntimeError carries its complaint."""
    return server.ask(*arguments, database=database)


def rows(database: str, pattern: str) -> dict[str, dict[str, str]]:
    """The hashes of a database whose names match, with their fields."""
    found: dict[str, dict[str, str]] = texts.loads(redis("EVAL", _DUMP, "0", pattern, database=DATABASES[database]))
    return found or {}


def read() -> Config:
    """The whole CONFIG_DB as TABLE -> key -> field -> value."""
    config: Config = {}
    for name, raw in rows("CONFIG_DB", "*").items():
        table, _, key = name.partition("|")
        config.setdefault(table, {})[key] = _from_raw(raw)
    return config


def merge(config: Mapping[str, Any]) -> None:
    """mod_config(): set every field of every row given; what is not given stays; a row given as null goes away.

    Raises:
        TypeError: a list holds something else than strings, as in the original (`','.join`).
    """
    commands: list[list[str]] = []
    for table, rows in config.items():
        for key, row in (rows or {}).items():
            name = f"{table.upper()}|{key}"
            if row is None:
                commands.append(["DEL", name])
            else:
                commands.append(["HSET", name, *_to_raw(row)])
    run(commands)


def set_entry(name: str, old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> list[list[str]]:
    """The redis commands that make a row `new`, as swsscommon writes it; without one, it goes away."""
    if new is None:
        return [["DEL", name]]
    flat = _to_raw(new)
    gone = [field for field in _to_raw(old or {})[::2] if field not in flat[::2]]
    return [["HSET", name, *flat], *([["HDEL", name, *gone]] if old is not None and gone else [])]


def run(commands: Iterable[list[str]], database: int = DATABASES["CONFIG_DB"]) -> None:
    """Run redis commands in one go."""
    todo = list(commands)
    if todo:
        import json  # here, for what only reads does without

        redis("EVAL", _RUN, "0", json.dumps(todo), database=database)


def flush() -> None:
    """FLUSHDB of CONFIG_DB."""
    redis("FLUSHDB")


def set_initialized() -> None:
    """What `config reload` and the database container do when CONFIG_DB is filled."""
    redis("SET", INITIALIZED, "1")


def _to_raw(row: Mapping[str, Any]) -> list[str]:
    if not row:
        return ["NULL", "NULL"]
    flat: list[str] = []
    for field, value in row.items():
        flat += [f"{field}@", ",".join(value)] if isinstance(value, list) else [field, str(value)]
    return flat


def _from_raw(raw: Mapping[str, str]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for field, value in raw.items():
        if field.endswith("@"):
            row[field[:-1]] = value.split(",") if value else []
        elif field != "NULL":
            row[field] = value
    return row
