"""Measures: expressions over measure functions, as in `count_if(level = 'ERROR') / count()`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import pyarrow as pa
from sqlglot import exp

from tailrace.model.names import did_you_mean
from tailrace.window import sqltypes as t
from tailrace.window.aggregates import Aggregate, build
from tailrace.window.compiled import Compiled, null
from tailrace.window.compiler import Compiler, Handler
from tailrace.window.dialect import parse, text_of
from tailrace.window.expression import HANDLERS, compile_tree
from tailrace.window.faults import Fault
from tailrace.window.functions import FUNCTION_NAMES

MEASURE_FUNCTIONS: Final = (
    *("count", "count_if", "count_distinct", "sum", "sum_if", "min", "max", "avg"),
    *("first", "last", "any_value"),
)
_OUTSIDE: Final = "stands outside of a measure function"
_NODES: Final[dict[type[exp.Expression], str]] = {
    exp.Count: "count",
    exp.CountIf: "count_if",
    exp.Sum: "sum",
    exp.Min: "min",
    exp.Max: "max",
    exp.Avg: "avg",
    exp.First: "first",
    exp.Last: "last",
    exp.AnyValue: "any_value",
}
_CALLED_BY_NAME: Final = ("sum_if", "count_distinct")
_NUMERIC: Final = ("sum", "avg")


@dataclass(frozen=True)
class Measures:
    """All measures of a declaration: the function calls they share, and each measure computed from their state."""

    calls: tuple[Aggregate, ...]
    results: Mapping[str, Compiled]


@dataclass
class _Calls:
    """Collects the calls of measure functions, each once, and compiles what stands inside them over the records."""

    schema: pa.Schema
    found: dict[str, Aggregate] = field(default_factory=dict)

    def handlers(self) -> dict[type[exp.Expression], Handler]:
        return {
            **HANDLERS,
            **dict.fromkeys(_NODES, self.call),
            exp.Filter: self.filtered,
            exp.Anonymous: self.by_name,
        }

    def call(self, outer: Compiler, node: exp.Expression, condition: exp.Expression | None = None) -> Compiled:
        """A function that the parser knows: `max(x)`, `count()`, `count(DISTINCT x)`."""
        function, argument = _NODES[type(node)], node.this
        others = [*node.expressions, *(node.args.get(key) for key in ("having_max",) if node.args.get(key))]
        if isinstance(argument, exp.Distinct) and function == "count" and len(argument.expressions) == 1 and not others:
            return self._add(outer, node, "count_distinct", argument.expressions[0], condition)
        if isinstance(argument, exp.Distinct) or others:
            return outer.fault(node, f"{text_of(node)}: {function}() takes one argument and no DISTINCT", _CALL_HINT)
        if function == "count_if":
            return self._count_if(outer, node, argument, condition)
        if function != "count" and (argument is None or isinstance(argument, exp.Star)):
            return outer.fault(node, f"{text_of(node)}: {function}() takes an argument", _CALL_HINT)
        return self._add(outer, node, function, None if isinstance(argument, exp.Star) else argument, condition)

    def _count_if(
        self, outer: Compiler, node: exp.Expression, test: exp.Expression, condition: exp.Expression | None
    ) -> Compiled:
        both = (
            test if condition is None else exp.And(this=exp.paren(test.copy()), expression=exp.paren(condition.copy()))
        )
        return self._add(outer, node, "count", None, both)

    def filtered(self, outer: Compiler, node: exp.Expression) -> Compiled:
        """`sum(x) FILTER (WHERE p)`: the same as sum_if(x, p), for every function."""
        if type(node.this) not in _NODES:
            return outer.fault(node, f"{text_of(node)}: FILTER follows a measure function")
        return self.call(outer, node.this, node.expression.this)

    def by_name(self, outer: Compiler, node: exp.Expression) -> Compiled:
        """A function that the parser does not know: sum_if, count_distinct, or a mistake."""
        name, arguments = str(node.this).lower(), node.expressions
        if name not in _CALLED_BY_NAME:
            hint = did_you_mean(name, (*MEASURE_FUNCTIONS, *FUNCTION_NAMES), "function")
            return outer.fault(node, f"there is no function {node.this}()", hint)
        if len(arguments) != (2 if name == "sum_if" else 1):
            takes = "a value and a condition" if name == "sum_if" else "one argument"
            return outer.fault(node, f"{text_of(node)}: {name}() takes {takes}", _CALL_HINT)
        if name == "sum_if":
            return self._add(outer, node, "sum", arguments[0], arguments[1])
        return self._add(outer, node, name, arguments[0], None)

    def _add(
        self,
        outer: Compiler,
        node: exp.Expression,
        function: str,
        argument: exp.Expression | None,
        test: exp.Expression | None,
    ) -> Compiled:
        inner = Compiler(self.schema, _INSIDE)
        value = inner.compile(argument) if argument is not None else None
        condition = inner.condition(test).expr if test is not None else None
        if value is not None and not inner.faults:
            _check_argument(inner, function, node, argument or node, value)
        outer.faults.extend(inner.faults)
        if inner.faults:
            return null()
        text = f"{function}({text_of(argument) if argument else ''})" + (f" if {text_of(test)}" if test else "")
        name = f"a{len(self.found)}"
        return self.found.setdefault(text, build(function, text, name, value, condition)).result


def _check_argument(
    compiler: Compiler, function: str, node: exp.Expression, argument: exp.Expression, value: Compiled
) -> None:
    kind = f"{text_of(argument)} is {t.with_article(value.dtype)}"
    if function == "count":
        return
    if value.dtype == t.NULL:
        compiler.fault(node, f"{text_of(node)}: {kind} and has no type", "CAST it to one")
    elif function in _NUMERIC and not t.is_number(value.dtype):
        compiler.fault(argument, f"{kind}: {function}() takes numbers")
    elif not t.is_plain(value.dtype):
        compiler.fault(argument, f"{kind}: {function}() takes plain values", "take a field or an element of it")


def _nested(compiler: Compiler, node: exp.Expression) -> Compiled:
    return compiler.fault(node, f"{text_of(node)}: a measure function cannot stand inside another, or in a condition")


def _nested_by_name(compiler: Compiler, node: exp.Expression) -> Compiled:
    known = str(node.this).lower() in _CALLED_BY_NAME
    return _nested(compiler, node) if known else HANDLERS[exp.Anonymous](compiler, node)


_CALL_HINT: Final = "the measure functions are " + ", ".join(f"{name}()" for name in MEASURE_FUNCTIONS)
_INSIDE: Final[dict[type[exp.Expression], Handler]] = {
    **HANDLERS,
    **dict.fromkeys((*_NODES, exp.Filter), _nested),
    exp.Anonymous: _nested_by_name,
}


def compile_measures(measures: Mapping[str, str], schema: pa.Schema) -> Measures | list[Fault]:
    """The measures over records of `schema`, or every fault in them with its path `(name,)`."""
    calls = _Calls(schema)
    handlers = calls.handlers()
    results: dict[str, Compiled] = {}
    faults: list[Fault] = []
    for name, sql in measures.items():
        result = _compile_measure(sql, handlers)
        if isinstance(result, list):
            faults.extend(fault.under(name) for fault in result)
            continue
        results[name] = result
        if not result.expr.meta.root_names():
            faults.append(Fault((name,), f"{sql} measures nothing", _CALL_HINT))
    return faults or Measures(tuple(calls.found.values()), results)


def _compile_measure(sql: str, handlers: Mapping[type[exp.Expression], Handler]) -> Compiled | list[Fault]:
    tree = parse(sql)
    if isinstance(tree, Fault):
        return [tree]
    result = compile_tree(tree, Compiler(pa.schema([]), handlers, strangers=_OUTSIDE))
    if isinstance(result, Compiled) and result.dtype == t.NULL:
        return [Fault((), f"{text_of(tree)} is null and has no type", "CAST it to one")]
    return result
