from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("telegram_bridge", "0005_conversations_left"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="delivery", name="deliveries_to_make"),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(fields=["state", "chat", "id"], name="deliveries_by_state"),
        ),
    ]
