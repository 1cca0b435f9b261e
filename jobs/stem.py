"""`python -m jobs.stem`: loads the product once, for all who work behind the web server (see app.processes.stem)."""

import sys

from app.processes import stem
from jobs import clock, prepare, runtime, worker

PARTS = {module.__name__: module for module in (clock, prepare, worker)}


def main() -> None:
    runtime.app()
    module, *arguments = stem.command()
    sys.argv = [module, *arguments]
    PARTS[module].main()


if __name__ == "__main__":
    main()
