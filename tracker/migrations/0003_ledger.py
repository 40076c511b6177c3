"""The ledger's tables: nodes of the Merkle tree, signed checkpoints, their keys, openings, receipts."""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).parent / "sql" / "ledger.sql"


class Migration(migrations.Migration):
    dependencies = [("tracker", "0002_functions")]

    operations = [
        migrations.CreateModel(
            name="Node",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
                ),
                ("level", models.SmallIntegerField()),
                ("number", models.BigIntegerField()),
                ("hash", models.BinaryField()),
            ],
            options={
                "default_permissions": (),
                "constraints": [models.UniqueConstraint(fields=("level", "number"), name="node_once")],
            },
        ),
        migrations.CreateModel(
            name="Seal",
            fields=[
                ("size", models.BigIntegerField(primary_key=True, serialize=False)),
                ("note", models.TextField()),
                ("sealed_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={"default_permissions": ("view",)},
        ),
        migrations.CreateModel(
            name="SealKey",
            fields=[
                ("vkey", models.TextField(primary_key=True, serialize=False)),
                ("since", models.DateTimeField(auto_now_add=True)),
            ],
            options={"default_permissions": ("view",)},
        ),
        migrations.CreateModel(
            name="Opening",
            fields=[
                ("commitment", models.CharField(max_length=71, primary_key=True, serialize=False)),
                ("salt", models.BinaryField()),
                ("text", models.TextField()),
            ],
            options={"default_permissions": ("view",)},
        ),
        migrations.CreateModel(
            name="Receipt",
            fields=[
                ("sha256", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("path", models.TextField()),
                ("point", models.JSONField()),
                ("position", models.BigIntegerField()),
                ("answer", models.BinaryField()),
                ("kept_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "default_permissions": ("view",),
                "indexes": [models.Index(fields=["position"], name="receipt_position")],
            },
        ),
        migrations.RunSQL(SQL.read_text(), migrations.RunSQL.noop),
    ]
