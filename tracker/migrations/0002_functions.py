"""The database's own part of the core: the append function and the guards of the log."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("tracker", "0001_log")]

    operations = [
        migrations.RunSQL((SQL / "dense.sql").read_text(), "DROP FUNCTION tracker_dense()"),
        migrations.RunSQL((SQL / "immutability.sql").read_text(), migrations.RunSQL.noop),
        migrations.RunSQL((SQL / "append.sql").read_text(), "DROP FUNCTION tracker_append(jsonb, jsonb)"),
    ]
