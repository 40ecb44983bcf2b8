"""What the carrier took is counted along an index."""

from django.db import migrations, models


class Migration(migrations.Migration):
    accepted = {"K305": "a chain's outbox holds some thousand messages: milliseconds"}

    dependencies = [("sms", "0001_initial")]

    operations = [
        migrations.AddIndex(
            model_name="outgoingtext",
            index=models.Index(condition=models.Q(("state", "SENT")), fields=["sent_at"], name="text_taken"),
        )
    ]
