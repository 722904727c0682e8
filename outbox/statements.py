"""What the sender writes for each message, as plain SQL and in one trip to the database.

Three statements a message are most of what sending costs beside the mail itself: the ORM takes longer to
write one than a database to run it. Values still pass through the model's fields, so that every database
gets what it stores.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from outbox.models import DeliveryAttempt, Message, OptOut, Suppression, address_hash
from outbox.suppression import STOPS_EVERYTHING

_MESSAGES = Message._meta.db_table
_ATTEMPTS = DeliveryAttempt._meta.db_table
_SUPPRESSIONS = Suppression._meta.db_table
_OPT_OUTS = OptOut._meta.db_table
_FIELDS = {field.attname: field for field in Message._meta.concrete_fields}

OURS = "state IN ('claimed', 'sending') AND lease_token = %s"
"""The lease is still in hand."""
OURS_OR_NOT_LEAVING = f"({OURS} OR state IN ('pending', 'claimed', 'unknown', 'failed', 'cancelled'))"
"""Or it was lost, but nobody is sending the message again, and nobody has said that it left."""


class Statement(NamedTuple):
    """SQL with its values."""

    sql: str
    values: list[Any]


def run(*statements: Statement) -> list[int]:
    """Run statements in turn and return how many rows each has touched; PostgreSQL takes them in one trip."""
    if not statements:
        return []
    with connection.cursor() as cursor:
        binds_on_the_server = getattr(connection.features, "uses_server_side_binding", True)
        if connection.vendor == "postgresql" and not binds_on_the_server:
            return _run_in_one_trip(cursor, statements)
        touched = []
        for statement in statements:
            cursor.execute(*statement)
            touched.append(cursor.rowcount)
        return touched


def _run_in_one_trip(cursor: Any, statements: Sequence[Statement]) -> list[int]:
    cursor.execute(
        ";".join(statement.sql for statement in statements),
        [value for statement in statements for value in statement.values],
    )
    touched = [cursor.rowcount]
    while cursor.nextset():
        touched.append(cursor.rowcount)
    return touched


def update_message(
    message: Message, fields: dict[str, Any], *, where: str, unless_forbidden: bool = False
) -> Statement:
    """Write fields of a message where the condition on its lease holds.

    With `unless_forbidden` nothing may suppress its address either; `outbox.suppression.why_forbidden` says
    it in words.
    """
    columns = ", ".join(f"{name} = %s" for name in fields)
    values = [_FIELDS[name].get_db_prep_save(value, connection) for name, value in fields.items()]
    values += [message.pk, _FIELDS["lease_token"].get_db_prep_value(message.lease_token, connection)]
    sql = f"UPDATE {_MESSAGES} SET {columns} WHERE id = %s AND {where}"  # noqa: S608  # nosec B608 - own names
    if not unless_forbidden:
        return Statement(sql, values)
    condition, more = _nothing_forbids(message)
    return Statement(f"{sql} AND {condition}", values + more)


def add_attempt(
    message: Message, *, started_at: datetime, finished_at: datetime, outcome: str, detail: str
) -> Statement:
    """Note how one try to hand a message over ended; once, however often it is run."""
    started, finished = map(connection.ops.adapt_datetimefield_value, (started_at, finished_at))
    return Statement(
        f"INSERT INTO {_ATTEMPTS} (message_id, started_at, finished_at, outcome, detail)"  # noqa: S608  # nosec B608
        " SELECT id, %s, %s, %s, %s"
        f" FROM {_MESSAGES} WHERE id = %s AND NOT EXISTS"
        f" (SELECT 1 FROM {_ATTEMPTS} WHERE message_id = %s AND started_at = %s)",
        [started, finished, str(outcome), detail[:300], message.pk, message.pk, started],
    )


def _nothing_forbids(message: Message) -> Statement:
    address = [message.channel, address_hash(message.to)]
    is_marketing = message.purpose == Message.Purpose.MARKETING
    reasons = [str(reason) for reason in (Suppression.Reason if is_marketing else STOPS_EVERYTHING)]
    places = ", ".join(["%s"] * len(reasons))
    sql = (
        f"NOT EXISTS (SELECT 1 FROM {_SUPPRESSIONS}"  # noqa: S608  # nosec B608
        f" WHERE channel = %s AND address_hash = %s AND reason IN ({places}))"
    )
    if not is_marketing or not message.topic:
        return Statement(sql, [*address, *reasons])
    sql += (
        f" AND NOT EXISTS (SELECT 1 FROM {_OPT_OUTS}"  # noqa: S608  # nosec B608
        " WHERE channel = %s AND address_hash = %s AND topic = %s)"
    )
    return Statement(sql, [*address, *reasons, *address, message.topic])
