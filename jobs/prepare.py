"""`python -m jobs.prepare`: `flask prepare` on an application that may be loaded already."""

from flask.cli import ScriptInfo

from app import cli
from jobs import runtime


def main() -> None:
    """What people need to log in is printed to stdout, once."""
    app = runtime.app()
    cli.migrates(app)
    app.cli.main(["prepare"], prog_name="flask", obj=ScriptInfo(create_app=lambda: app))


if __name__ == "__main__":
    main()
