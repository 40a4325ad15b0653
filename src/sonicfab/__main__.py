"""`python -m sonicfab`, and the `sonicfab` program."""

import gc
import os
import sys


def main() -> None:
    """Run the command line; the process ends with the command's exit code."""
    # a fabric of a thousand switches is millions of values, of which few hold each other in a circle: to look for those
    # after every 700 new ones costs a third of a render
    gc.set_threshold(50_000)
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "1")  # to look for them is to read about every package there is
    try:
        from sonicfab.cli.app import app

        app(prog_name="sonicfab")
    except KeyboardInterrupt:  # while it was being loaded; from there on `app` tells it
        sys.stderr.write("interrupted\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
