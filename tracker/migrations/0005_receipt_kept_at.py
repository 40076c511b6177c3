from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tracker", "0004_verification")]

    operations = [
        migrations.AddIndex(
            model_name="receipt",
            index=models.Index(fields=["kept_at"], name="receipt_kept_at"),
        ),
    ]
