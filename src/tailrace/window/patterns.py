"""LIKE, ILIKE and RLIKE: patterns are literals, so that a bad one is found before any row is read."""

from __future__ import annotations

import re
from typing import Final

import polars as pl
from polars.exceptions import PolarsError
from sqlglot import exp

from tailrace.window import sqltypes as t
from tailrace.window.compiled import Compiled
from tailrace.window.compiler import Compiler, Handler
from tailrace.window.dialect import text_of


def compile_like(compiler: Compiler, node: exp.Expression) -> Compiled:
    """[NOT] LIKE and ILIKE: `%` is any text, `_` one character, a backslash makes either plain."""
    return _like(compiler, node, "\\")


def compile_escape(compiler: Compiler, node: exp.Expression) -> Compiled:
    """LIKE with its own ESCAPE character."""
    escape = node.expression
    if not isinstance(node.this, exp.Like | exp.ILike) or not escape.is_string or len(escape.name) != 1:
        return compiler.fault(node, f"{text_of(node)}: ESCAPE follows a LIKE and takes one character")
    return _like(compiler, node.this, escape.name)


def _like(compiler: Compiler, node: exp.Expression, escape: str) -> Compiled:
    value = compiler.typed(node.this, t.STRING, needs="LIKE takes a string")
    pattern = _literal(compiler, node)
    if pattern is None:
        return value
    subject = value.expr.cast(pl.String)
    if isinstance(node, exp.ILike):
        subject, pattern = subject.str.to_lowercase(), pattern.lower()
    pieces = _pieces(pattern, escape)
    if pieces is None:
        hint = f"write {escape}{escape} for the character itself"
        return compiler.fault(node.expression, f"in {pattern!r}, {escape} stands before no %, _ or {escape}", hint)
    return _answer(node, _match(subject, pieces), value.nullable)


def _literal(compiler: Compiler, node: exp.Expression) -> str | None:
    if node.expression.is_string:
        return str(node.expression.name)
    compiler.fault(node.expression, f"{text_of(node)}: the pattern has to be a literal string")
    return None


def _pieces(pattern: str, escape: str) -> list[str | None] | None:
    """The pattern as characters and wildcards: None stands for `%`, the empty string for `_`.

    Spark refuses an escape before any other character; so None comes back as a whole.
    """
    pieces: list[str | None] = []
    characters = iter(pattern)
    for character in characters:
        if character == escape:
            escaped = next(characters, "")
            if escaped not in ("%", "_", escape):
                return None
            pieces.append(escaped)
        else:
            pieces.append({"%": None, "_": ""}.get(character, character))
    return pieces


def _match(subject: pl.Expr, pieces: list[str | None]) -> pl.Expr:
    """The cheapest test that the pattern allows: a plain search where wildcards stand at the ends alone."""
    opened, closed = pieces[:1] == [None], pieces[-1:] == [None]
    middle = pieces[opened : len(pieces) - (closed and len(pieces) > opened)]
    if "" in middle or None in middle:
        return subject.str.contains("(?s)^" + "".join(_regex(piece) for piece in pieces) + "$")
    text = pl.lit("".join(piece or "" for piece in middle))
    if opened and closed:
        return subject.str.contains(text, literal=True)
    if opened:
        return subject.str.ends_with(text)
    return subject.str.starts_with(text) if closed else subject.eq(text)


def _regex(piece: str | None) -> str:
    return ".*" if piece is None else re.escape(piece) if piece else "."


def compile_rlike(compiler: Compiler, node: exp.Expression) -> Compiled:
    """[NOT] RLIKE: the regular expression is found anywhere in the string."""
    value = compiler.typed(node.this, t.STRING, needs="RLIKE takes a string")
    pattern = _literal(compiler, node)
    if pattern is None:
        return value
    try:
        pl.Series([""]).str.contains(pattern)
    except PolarsError as error:
        reason = next(
            (line for line in str(error).splitlines() if line.startswith("error: ")), "error: it cannot be read"
        )
        hint = "look-around and back-references are not known"
        return compiler.fault(node.expression, f"{pattern!r} is no regular expression: {reason[7:]}", hint)
    return _answer(node, value.expr.cast(pl.String).str.contains(pattern), value.nullable)


def _answer(node: exp.Expression, matched: pl.Expr, nullable: bool) -> Compiled:
    return Compiled(~matched if node.args.get("negate") else matched, t.BOOLEAN, nullable)


PATTERNS: Final[dict[type[exp.Expression], Handler]] = {
    exp.Like: compile_like,
    exp.ILike: compile_like,
    exp.Escape: compile_escape,
    exp.RegexpLike: compile_rlike,
}
