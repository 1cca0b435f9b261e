"""Plans of statements, judged with the statistics of the rows that are there: what tests before left is of others."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ClauseElement, Executable, Select, text
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session


@dataclass(frozen=True)
class Plan:
    """A statement, the tables that it reads, those of them that it reads whole, and the indexes it asks."""

    statement: str
    tables: frozenset[str]
    scans: frozenset[str]
    indexes: frozenset[str]

    @classmethod
    def of(cls, statement: str, explained: Any) -> Plan:
        """Made of what EXPLAIN (FORMAT JSON) gave."""
        nodes = list(_walk((json.loads(explained) if isinstance(explained, str) else explained)[0]["Plan"]))
        read = [node for node in nodes if "Relation Name" in node]
        return cls(
            statement,
            tables=frozenset(node["Relation Name"] for node in read),
            scans=frozenset(node["Relation Name"] for node in read if node["Node Type"] == "Seq Scan"),
            indexes=frozenset(node["Index Name"] for node in nodes if "Index Name" in node),
        )


def plan_of(session: Session, query: Select[Any]) -> Plan:
    def explained() -> Plan:
        return Plan.of(str(query), session.connection().execute(_Explained(query)).scalar_one())

    session.execute(text(f"ANALYZE {', '.join(sorted(explained().tables))}"))
    return explained()


def generic_plan(session: Session, query: Select[Any]) -> Plan:
    """As a connection keeps it, without the values."""
    places = dict[str, str]()
    asked = str(query.compile(dialect=PGDialect_psycopg()))
    asked = re.sub(r"%\((\w+)\)s", lambda found: places.setdefault(found[1], f"${len(places) + 1}"), asked)
    session.execute(text("SET LOCAL plan_cache_mode = force_generic_plan"))
    session.execute(text("SET LOCAL enable_seqscan = off"))  # of tables that have no rows here
    connection = session.connection()
    connection.exec_driver_sql(f"PREPARE asked AS {asked}")
    nothing = ", ".join(["NULL"] * len(places))
    found = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) EXECUTE asked({nothing})").scalar_one()
    connection.exec_driver_sql("DEALLOCATE asked")
    return Plan.of(asked, found)


class _Explained(Executable, ClauseElement):
    """EXPLAIN of a statement with its parameters."""

    inherit_cache = False

    def __init__(self, statement: Select[Any]) -> None:
        self.statement = statement


@compiles(_Explained)
def _compile(element: _Explained, compiler: Any, **more: Any) -> str:
    return f"EXPLAIN (FORMAT JSON) {compiler.process(element.statement, **more)}"


def _walk(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        # The first rows of a table in any order: bounded by the limit, whatever the size of the table.
        if node["Node Type"] == "Limit" and child["Node Type"] == "Seq Scan" and "Filter" not in child:
            continue
        yield from _walk(child)
