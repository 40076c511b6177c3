"""Appends that meet at the head share one commit."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"
UNDO = """
DROP FUNCTION tracker_append_or_leave(jsonb, jsonb), tracker_append_left(bigint), tracker_withdraw(bigint),
  tracker_append_waiting(bigint, boolean), tracker_append_one(tracker_waiting);
DROP TABLE tracker_waiting;
"""


class Migration(migrations.Migration):
    dependencies = [("tracker", "0010_bulk_files")]

    operations = [migrations.RunSQL((SQL / "waiting.sql").read_text(), UNDO)]
