from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("telegram_bridge", "0007_index_deliveries_by_state"),
    ]

    operations = [
        migrations.AddField(
            model_name="delivery",
            name="taken",
            field=models.PositiveIntegerField(default=0, help_text="How often a call for it was begun."),
        ),
    ]
