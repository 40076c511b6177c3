"""The append function returns one row, not one an event; positions are seen to be dense in one statement."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("tracker", "0008_facets")]

    operations = [
        migrations.RunSQL((SQL / "dense.sql").read_text(), migrations.RunSQL.noop),
        migrations.RunSQL((SQL / "append.sql").read_text(), migrations.RunSQL.noop),
    ]
