"""One log of all processes: every line with the name of its process, on the console and in a file that rotates.

Whatever a process prints passes through `cleaned`, so that no address, phone
number or row of a customer stays in a log.
"""

from __future__ import annotations

import logging
import os
import re
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path

WIDTH = 8
MEGABYTE = 1024 * 1024
NUMBER = re.compile(r"(?<![\w.-])(?!\d{4}-\d\d-\d\d)[+(]?\d[\d() -]{8,}\d(?![\w.])")
DIGITS_OF_NUMBER = range(10, 21)  # from a phone or an INN to a bank account
HIDDEN = (
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), "<e-mail>"),
    (re.compile(r"(\bKey \([^)]*\)=)\(.*\)"), r"\1(…)"),  # PostgreSQL: which row is a duplicate
    (re.compile(r"(\brow contains )\(.*"), r"\1(…)"),
    (re.compile(r"(\b[Ll]ogin [Ff]ailed for user:? ).*"), r"\1…"),
    (re.compile(r"(\b(?:GET|POST|PUT|DELETE|PATCH|HEAD) [^\s?]*)\?\S*"), r"\1"),
)


def cleaned(line: str) -> str:
    """The line without what could name a person or a company's customer."""
    for pattern, instead in HIDDEN:
        line = pattern.sub(instead, line)
    return NUMBER.sub(_hide_number, line)


def _hide_number(found: re.Match[str]) -> str:
    digits = sum(sign.isdigit() for sign in found[0])
    return "<number>" if digits in DIGITS_OF_NUMBER else found[0]


class Journal:
    """The log of one run; `console=False` writes the file only."""

    def __init__(self, folder: Path, *, console: bool = True) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.console = console
        handler = RotatingFileHandler(folder / "vizavi.log", maxBytes=5 * MEGABYTE, backupCount=5, encoding="utf-8")
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
        self.file = logging.Logger("journal")
        self.file.addHandler(handler)

    def write(self, name: str, text: str) -> None:
        line = f"{name:<{WIDTH}} | {cleaned(text)}"
        self.file.info("%s", line)
        self.say(line)

    def say(self, text: str) -> None:
        """Only the console: what must not stay in a file, such as a new password."""
        if self.console:
            try:
                sys.stdout.write(text + "\n")
                sys.stdout.flush()
            except BrokenPipeError:  # `make run | head`: nobody reads any more, the product goes on
                self.console = False
                sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - lives as long as the process
