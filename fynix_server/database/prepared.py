"""Statements that are compiled once, and take rows as tuples.

SQLAlchemy looks a statement up in its cache, and turns every parameter of every row over by name,
each time: for the group commit that is twice what the database itself does. The SQL and the
conversion of values are still SQLAlchemy's. Measured in docs/decisions/0023-prepared-statements.md.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ClauseElement, Connection, CursorResult
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.compiler import SQLCompiler

Row = tuple[Any, ...]
_Convert = Callable[[Any], Any]


class Prepared:
    """A statement with the parameters `names`; each row has their values in that order."""

    def __init__(self, statement: ClauseElement, *names: str) -> None:
        self._statement = statement
        self._names = names
        self._compiled: dict[str, _Compiled] = {}

    def run(self, connection: Connection, rows: Sequence[Row]) -> CursorResult[*tuple[Any, ...]]:
        """Run it for each row, in one go. Rows that come back hold values as the driver has them.

        Raises: what `Connection.execute` raises.
        """
        dialect = connection.dialect
        compiled = self._compiled.get(dialect.name)
        if compiled is None:
            compiled = self._compiled[dialect.name] = _compile(
                self._statement, self._names, dialect
            )
        # By column: one look at what a column needs, not one for each of its values.
        columns = [
            column if convert is None else _converted(column, convert)
            for column, convert in zip(zip(*rows, strict=True), compiled.conversions, strict=True)
        ]
        parameters = list(zip(*(columns[at] for at in compiled.positions), strict=True))
        return connection.exec_driver_sql(compiled.sql, parameters)


class _Compiled(NamedTuple):
    """What one kind of database needs: `positions` says which column each placeholder takes."""

    sql: str
    conversions: Sequence[_Convert | None]
    positions: Sequence[int]


def _compile(statement: ClauseElement, names: Sequence[str], dialect: Dialect) -> _Compiled:
    compiled = statement.compile(dialect=dialect, column_keys=list(names))
    assert isinstance(compiled, SQLCompiler)  # noqa: S101 - a statement, not a schema
    placeholders = compiled.positiontup or []
    if set(placeholders) != set(names):
        raise ValueError(f"{names} are not what the statement asks for: {placeholders}")
    return _Compiled(
        str(compiled),
        [conversion(compiled.binds[name].type, dialect) for name in names],
        [names.index(name) for name in placeholders],
    )


def conversion(type_: Any, dialect: Dialect) -> _Convert | None:
    """How values of a type become what the driver of `dialect` takes; None: they are that."""
    convert: _Convert | None = type_.dialect_impl(dialect).bind_processor(dialect)
    return convert


def _converted(column: Sequence[Any], convert: _Convert) -> list[Any]:
    converted = []
    last, last_converted = None, convert(None)
    for value in column:
        # Rows of one group share their times, often their conversation.
        if value is not last:
            last, last_converted = value, convert(value)
        converted.append(last_converted)
    return converted
