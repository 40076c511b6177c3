from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tracker", "0003_ledger")]

    operations = [
        migrations.CreateModel(
            name="Verification",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("verified_at", models.DateTimeField(auto_now_add=True)),
                ("position", models.BigIntegerField()),
                ("passed", models.BooleanField()),
                ("report", models.TextField()),
            ],
            options={"default_permissions": ("view",)},
        ),
    ]
