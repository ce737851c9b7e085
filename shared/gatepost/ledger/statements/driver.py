"""Running a statement on the driver's own connection, within SQLAlchemy's transaction."""

from typing import Any

import sqlalchemy as sa


def run(
    connection: sa.Connection,
    statement: Any,  # noqa: ANN401 - the two drivers' own types, here and below
    values: Any = (),  # noqa: ANN401
    *,
    many: bool = False,
) -> Any:  # noqa: ANN401
    """The driver's cursor, after the statement; with ``many``, once for each of the values.

    Raises:
        DBAPIError: as SQLAlchemy would raise it; a connection that is lost is marked so.

    """
    driver: Any = connection.connection.driver_connection
    errors: Any = connection.dialect.loaded_dbapi
    try:
        return (driver.executemany if many else driver.execute)(statement, values)
    except errors.Error as error:
        lost = connection.dialect.is_disconnect(error, driver, None)
        if lost:
            connection.invalidate(error)
        raise sa.exc.DBAPIError.instance(
            str(statement),
            None,
            error,
            errors.Error,
            connection_invalidated=lost,
            dialect=connection.dialect,
        ) from error
