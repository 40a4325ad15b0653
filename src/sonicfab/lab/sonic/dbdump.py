"""sonic-db-dump -n DATABASE [-k PATTERN] [-y]: sonic-buildimage src/sonic-py-common/.../sonic_db_dump_load.py.

That calls redis-dump-load 1.1, which with -y prints readably and ignores -k.
"""

from __future__ import annotations

import json
import sys
import time

from sonicfab.lab.sonic import channels, counters, db

_DUMP = """
local rows = {}
for _, key in ipairs(redis.call('KEYS', ARGV[1])) do
  local kind = redis.call('TYPE', key).ok
  local ttl = redis.call('PTTL', key)
  if kind == 'hash' then
    rows[#rows + 1] = {key, kind, redis.call('HGETALL', key), ttl}
  elseif kind == 'string' then
    rows[#rows + 1] = {key, kind, redis.call('GET', key), ttl}
  end
end
return cjson.encode(rows)
"""


def main(arguments: list[str]) -> int:
    """The program."""
    name, pattern, pretty = "", "*", False
    words = iter(arguments)
    for word in words:
        if word == "-n":
            name = next(words, "")
        elif word == "-k":
            pattern = next(words, "*")
        elif word == "-y":
            pretty = True
        else:
            print(f"sonic-db-dump {word}: this lab switch does not do that", file=sys.stderr)
            return 2
    if name not in db.DATABASES:
        print(f"IndexError: Failed to find {name} database in : key", file=sys.stderr)
        return 1
    if name == "COUNTERS_DB":
        counters.refresh()
    if pattern.startswith("LAG_"):
        channels.refresh()
    answer = db.redis("EVAL", _DUMP, "0", "*" if pretty else pattern, database=db.DATABASES[name])
    rows: list[tuple[str, str, str | list[str], int]] = json.loads(answer) or []
    now = time.time()
    dump = {
        key: {
            "type": kind,
            "value": dict(zip(value[::2], value[1::2], strict=True)) if isinstance(value, list) else value,
            "ttl": ttl / 1000,
            "expireat": now + ttl / 1000,
        }
        for key, kind, value, ttl in rows
    }
    print(json.dumps(dump, indent=2, sort_keys=True) if pretty else json.dumps(dump, separators=(",", ":")))
    return 0
