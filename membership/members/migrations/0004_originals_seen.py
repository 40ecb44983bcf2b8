"""Whether somebody saw the document itself: a number that came with a file is no proof of a person."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("members", "0003_wordings")]

    operations = [
        migrations.AddField(
            model_name="iddocument",
            name="original_seen",
            field=models.BooleanField(db_default=True, default=True, verbose_name="已核对原件"),
        ),
    ]
