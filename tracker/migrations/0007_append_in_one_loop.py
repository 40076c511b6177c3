"""The append function in one loop over the batch, its plans made once for a session."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"


class Migration(migrations.Migration):
    dependencies = [("tracker", "0006_subscriptions")]

    operations = [migrations.RunSQL((SQL / "append.sql").read_text(), migrations.RunSQL.noop)]
