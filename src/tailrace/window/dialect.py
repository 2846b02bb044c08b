"""How the text of an expression becomes a syntax tree: Spark's SQL, with the string literals of standard SQL.

In Spark a backslash inside a string is an escape, so that `rlike '\\d'` needs two of them and `'it''s'` means `its`.
Here, as in standard SQL, a quote is doubled and a backslash is itself. The tree is the same; a compiler to Spark
writes the escapes.
"""

from __future__ import annotations

import logging
from typing import Any, ClassVar, Final

from sqlglot import exp
from sqlglot.dialects.spark import Spark
from sqlglot.errors import ParseError, SqlglotError

from tailrace.window.faults import Fault

TOO_DEEP: Final = "the expression is nested too deeply"

# The parser warns in a log that it fell back to an opaque command; that tree is refused here with a sentence.
logging.getLogger("sqlglot").addFilter(
    lambda record: "Falling back to parsing as a 'Command'" not in record.getMessage()
)


class TailraceSql(Spark):
    """Spark's SQL, except that a quote in a string is doubled and a backslash is a character like any other."""

    class Tokenizer(Spark.Tokenizer):
        """The tokenizer with standard string literals."""

        STRING_ESCAPES: ClassVar[list[str]] = ["'"]


def parse(sql: str) -> exp.Expression | Fault:
    """The syntax tree of one expression, or the fault that keeps it from being one."""
    if not sql.strip():
        return Fault((), "the expression is empty")
    try:
        trees = TailraceSql().parse(sql)
    except ParseError as error:
        return _syntax_fault(error)
    except SqlglotError:
        return Fault(
            (), "the expression cannot be read: a quote is opened and not closed", "write a quote inside a string twice"
        )
    except RecursionError:
        return Fault((), TOO_DEEP)
    tree: Any = trees[0]
    if len(trees) != 1 or tree is None:
        return Fault((), "one expression is needed, none or several came")
    return tree  # type: ignore[no-any-return]


def _syntax_fault(error: ParseError) -> Fault:
    detail: dict[str, Any] = error.errors[0] if error.errors else {}
    before, at = str(detail.get("start_context", "")), str(detail.get("highlight", ""))
    place = f" at {at!r}" if at else ""
    return Fault((), f"this is not an SQL expression: it breaks off{place}", _hint(before + at), detail.get("col"))


def _hint(read: str) -> str:
    return f"it was understood up to {read!r}" if read else "write an expression such as level = 'ERROR'"


def text_of(node: exp.Expression) -> str:
    """The node as SQL again, for sentences and for telling equal expressions."""
    return node.sql(dialect=Spark if isinstance(node, exp.DataType) else TailraceSql)


def column_of(node: exp.Expression) -> int | None:
    """Where the node begins in its text, in characters from 1, as far as the parser noted it."""
    starts = [part.meta["start"] for part in node.walk() if "start" in part.meta]
    return min(starts) + 1 if starts else None
