"""`python -m sonicfab`, and the `sonicfab` program."""

from sonicfab.cli.app import app


def main() -> None:
    """Run the command line; the process ends with the command's exit code."""
    app(prog_name="sonicfab")


if __name__ == "__main__":
    main()
