"""`python -m sonicfab`, and the `sonicfab` program."""

import gc

from sonicfab.cli.app import app


def main() -> None:
    """Run the command line; the process ends with the command's exit code."""
    # a fabric of a thousand switches is millions of values that stay: looking at them all after every 700 new ones
    # costs a third of a render
    gc.set_threshold(10_000)
    app(prog_name="sonicfab")


if __name__ == "__main__":
    main()
