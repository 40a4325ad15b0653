"""sonic-db-cli DATABASE COMMAND [ARGUMENTS]: sonic-swss-common sonic-db-cli/sonic-db-cli.cpp."""

from __future__ import annotations

import sys

from sonicfab.lab.sonic import db

_WRITES = ("set", "hset", "hdel", "del", "hmset", "flushdb")


def main(arguments: list[str]) -> int:
    """The program; hgetall prints a Python dict with single quotes, as the original does."""
    if arguments[:1] == ["PING"]:
        print(db.redis("PING").strip())
        return 0
    if len(arguments) < 2:
        print("usage: sonic-db-cli <db_or_op> [cmd [arg ...]]", file=sys.stderr)
        return 1
    name, command, *rest = arguments
    if name not in db.DATABASES:
        print(f"Invalid database name input : '{name}'", file=sys.stderr)
        print(f"Failed to find {name} database in : key", file=sys.stderr)
        return 1
    if name == "COUNTERS_DB":
        from sonicfab.lab.sonic import counters

        counters.refresh()
    try:
        answer = db.redis(command, *rest, database=db.DATABASES[name])
    except RuntimeError as err:
        print(err, file=sys.stderr)
        return 1
    lines = answer.splitlines()
    if command.lower() == "hgetall":
        print(dict(zip(lines[::2], lines[1::2], strict=False)))
    else:
        print("\n".join(line for line in lines if line or len(lines) == 1))
    if name == "CONFIG_DB" and command.lower() in _WRITES:
        from sonicfab.lab.sonic import services

        services.react()  # the daemons of SONiC react to each write
    return 0
