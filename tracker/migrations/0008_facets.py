"""Finds entries by author, approval and known day. Of bytes that begin alike an index keeps one copy: it stays small."""

from django.db import migrations, models

ACTOR = """substring(entry FROM position('"meta":{"actor":'::bytea IN entry) FOR 64)"""
APPROVAL = """substring(entry FROM position('"approval":'::bytea IN entry) FOR 24)"""


class Migration(migrations.Migration):
    dependencies = [("tracker", "0007_append_in_one_loop")]

    operations = [
        migrations.AddIndex(model_name="event", index=models.Index(fields=["known_from"], name="event_known_from")),
        migrations.RunSQL(f"CREATE INDEX event_actor ON tracker_event (({ACTOR}))", "DROP INDEX event_actor"),
        migrations.RunSQL(f"CREATE INDEX event_approval ON tracker_event (({APPROVAL}))", "DROP INDEX event_approval"),
        # Only the statistics of the expressions tell the planner which authors are rare.
        migrations.RunSQL("ANALYZE tracker_event", migrations.RunSQL.noop),
    ]
