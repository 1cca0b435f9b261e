"""XML of strangers, one record at a time: no entities, nothing kept but the record that is read."""

from __future__ import annotations

import zipfile
from collections.abc import Collection, Generator, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO
from xml.parsers import expat

from app.domain.formats.limits import BadTable, Limits, Unreadable
from app.domain.formats.table import ZIP

BOM = b"\xef\xbb\xbf"
BLOCK = 1 << 16
DEEPEST = 50  # elements in one another
TIMES = 16  # of the longest text: so long may a tag or a comment be, which the parser reads anew with each block
DAMAGED = (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError)


@dataclass
class Node:
    """An element with all that stands in it, by local names.

    `line` is where the record begins, and no other one has it.
    """

    name: str
    attributes: dict[str, str]
    line: int
    text: str = ""
    children: list[Node] = field(default_factory=list)

    def find(self, *path: str) -> Node | None:
        found: Node | None = self
        for name in path:
            found = next((child for child in found.children if child.name == name), None) if found else None
        return found

    def all(self, *path: str) -> list[Node]:
        """The children at the end of the path, of the first element of every name before it."""
        parent = self.find(*path[:-1])
        return [child for child in parent.children if child.name == path[-1]] if parent else []

    def said(self, *path: str) -> str:
        """The text at the end of the path; empty where there is no such element."""
        found = self.find(*path)
        return found.text if found else ""


@dataclass
class Member:
    """One file of an archive, or a file that is none, read from its beginning as often as it is asked for."""

    stream: BinaryIO
    archive: zipfile.ZipFile | None = None
    info: zipfile.ZipInfo | None = None

    def blocks(self) -> Iterator[bytes]:
        self.stream.seek(0)
        file = self.stream
        try:
            if self.archive and self.info:
                file = self.archive.open(self.info)  # type: ignore[assignment]
            while block := file.read(BLOCK):
                yield block
        except DAMAGED:
            raise BadTable(Unreadable.ARCHIVE) from None


def members(stream: BinaryIO, limits: Limits, name: str = "") -> list[Member]:
    """The file, or those of an archive that end with “.xml”; all of them unless one is named."""
    start = stream.read(4)
    size = stream.seek(0, 2)
    if not size:
        raise BadTable(Unreadable.EMPTY)
    if size > limits.size:
        raise BadTable(Unreadable.SIZE, limit=limits.size)
    stream.seek(0)
    if start != ZIP:
        return [Member(stream)]
    try:
        archive = zipfile.ZipFile(stream)
    except DAMAGED:
        raise BadTable(Unreadable.ARCHIVE) from None
    inside = [each for each in archive.infolist() if each.filename.lower().endswith(".xml")]
    if name:
        inside = [each for each in inside if each.filename.rpartition("/")[2] == name]
    if not inside:
        raise BadTable(Unreadable.MEMBER)
    if sum(each.file_size for each in inside) > limits.unpacked:
        raise BadTable(Unreadable.UNPACKED, limit=limits.unpacked)
    return [Member(stream, archive, each) for each in sorted(inside, key=lambda one: one.filename)]


def records(files: Collection[Member], root: str, names: Collection[str], limits: Limits) -> Iterator[Node]:
    """Every element of these names that stands in no other of them; all else is passed over."""
    last = 0
    for file in files:
        last = yield from _Parsing(root, names, limits, last).of(file)


class _Parsing:
    """One file on its way through the parser; its lines are counted on from the file before."""

    def __init__(self, root: str, names: Collection[str], limits: Limits, before: int) -> None:
        self.root, self.names, self.longest = root, names, limits.cell
        self.before = self.last = before
        self.depth = 0
        self.open: list[Node] = []  # from the record inwards
        self.done: list[Node] = []

    def of(self, file: Member) -> Generator[Node, None, int]:
        blocks = file.blocks()
        first = next(blocks, b"")
        # A mark of UTF-8 is surer than what the declaration says.
        self.parser = parser = expat.ParserCreate("utf-8" if first.startswith(BOM) else None)
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self.refuse
        parser.StartElementHandler = self.begin
        parser.EndElementHandler = self.end
        parser.CharacterDataHandler = self.text
        try:
            parser.Parse(first, False)
            fed = len(first)
            for block in blocks:
                yield from self.taken()
                if fed - parser.CurrentByteIndex > TIMES * self.longest:
                    raise BadTable(Unreadable.CELL, parser.CurrentLineNumber, self.longest)
                parser.Parse(block, False)
                fed += len(block)
            parser.Parse(b"", True)
        except BadTable:
            raise
        except expat.ExpatError as error:
            raise BadTable(Unreadable.XML, error.lineno) from None
        except (LookupError, ValueError):  # an encoding that nobody knows, or of several bytes
            raise BadTable(Unreadable.XML, 1) from None
        yield from self.taken()
        return self.last

    def taken(self) -> Iterator[Node]:
        done, self.done = self.done, []
        yield from done

    def refuse(self, *_declared: object) -> None:
        raise BadTable(Unreadable.ENTITIES, self.parser.CurrentLineNumber)

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        self.depth += 1
        if self.depth == 1 and local != self.root:
            raise BadTable(Unreadable.NO_COMMERCEML)
        if self.depth > DEEPEST:
            raise BadTable(Unreadable.XML, self.parser.CurrentLineNumber)
        if self.open or local in self.names:
            if local in self.names:  # also one inside of another: where a file has but one line they are counted
                self.last = max(self.before + self.parser.CurrentLineNumber, self.last + 1)
            node = Node(local, attributes, self.last)
            if self.open:
                self.open[-1].children.append(node)
            self.open.append(node)

    def text(self, text: str) -> None:
        if self.open:
            if text.isspace():  # between elements there may be more of it than there is text
                text = "" if self.open[-1].text[-1:] in ("", " ") else " "
            self.open[-1].text += text
            if len(self.open[-1].text) > self.longest:
                raise BadTable(Unreadable.CELL, self.parser.CurrentLineNumber, self.longest)

    def end(self, _name: str) -> None:
        self.depth -= 1
        if self.open:
            node = self.open.pop()
            node.text = " ".join(node.text.split())
            if not self.open:
                self.done.append(node)
