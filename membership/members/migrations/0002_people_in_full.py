"""Members in full: category, ways to reach them, lunar birthdays, ID documents, consents, tags, merging and erasure."""

import django.db.models.deletion
from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    accepted = {
        "K305": "both columns are empty in every row: building their indexes reads the members of one chain once"
    }

    dependencies = [
        ("members", "0001_initial"),
        ("stores", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Consent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("MARKETING", "促销活动通知"),
                            ("CARE", "生日与保养关怀"),
                            ("PROFILING", "消费偏好分析"),
                        ],
                        max_length=10,
                        verbose_name="目的",
                    ),
                ),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("SMS", "短信"),
                            ("PHONE", "电话"),
                            ("WECHAT", "微信"),
                            ("EMAIL", "邮件"),
                            ("POST", "信函"),
                            ("NONE", "不联系"),
                        ],
                        max_length=10,
                        verbose_name="渠道",
                    ),
                ),
                ("given_at", models.DateTimeField(verbose_name="同意时间")),
                (
                    "given_how",
                    models.CharField(
                        choices=[
                            ("SIGNED_FORM", "签字的书面表"),
                            ("DESK", "柜台当面"),
                            ("PHONE", "电话"),
                            ("PORTAL", "会员网页"),
                            ("MESSAGE", "回复短信"),
                            ("TAKE_OVER", "旧系统资料"),
                        ],
                        max_length=12,
                        verbose_name="同意方式",
                    ),
                ),
                ("proof", models.CharField(blank=True, default="", max_length=80, verbose_name="凭据")),
                ("given_to", models.CharField(max_length=80, verbose_name="经办人")),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True, verbose_name="撤回时间")),
                (
                    "withdrawn_how",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("SIGNED_FORM", "签字的书面表"),
                            ("DESK", "柜台当面"),
                            ("PHONE", "电话"),
                            ("PORTAL", "会员网页"),
                            ("MESSAGE", "回复短信"),
                            ("TAKE_OVER", "旧系统资料"),
                        ],
                        default="",
                        max_length=12,
                        verbose_name="撤回方式",
                    ),
                ),
                ("withdrawn_to", models.CharField(blank=True, default="", max_length=80, verbose_name="撤回经办人")),
            ],
            options={
                "verbose_name": "同意",
                "verbose_name_plural": "同意",
            },
        ),
        migrations.CreateModel(
            name="ConsentWording",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("MARKETING", "促销活动通知"),
                            ("CARE", "生日与保养关怀"),
                            ("PROFILING", "消费偏好分析"),
                        ],
                        max_length=10,
                        verbose_name="目的",
                    ),
                ),
                ("version", models.PositiveSmallIntegerField(verbose_name="文本版本")),
                ("text", models.TextField(verbose_name="文本")),
                ("published_at", models.DateTimeField(verbose_name="发布时间")),
            ],
            options={
                "verbose_name": "同意书文本",
                "verbose_name_plural": "同意书文本",
            },
        ),
        migrations.CreateModel(
            name="IdCheckCount",
            fields=[
                (
                    "member",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="id_checks",
                        serialize=False,
                        to="members.member",
                        verbose_name="会员",
                    ),
                ),
                ("failures", models.PositiveIntegerField(default=0, verbose_name="连续不符次数")),
                ("blocked_until", models.DateTimeField(blank=True, null=True, verbose_name="暂停核对至")),
            ],
            options={
                "verbose_name": "证件核对限制",
                "verbose_name_plural": "证件核对限制",
            },
        ),
        migrations.CreateModel(
            name="IdDocument",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("ID_CARD", "居民身份证"),
                            ("PASSPORT", "护照"),
                            ("MILITARY", "军人证件"),
                            ("TRAVEL_PERMIT", "港澳台通行证"),
                            ("FOREIGN_RESIDENT", "外国人永久居留证"),
                        ],
                        max_length=16,
                        verbose_name="证件类型",
                    ),
                ),
                ("number", models.TextField(verbose_name="证件号码")),
                ("number_index", models.CharField(max_length=40, verbose_name="号码索引")),
                ("masked", models.CharField(max_length=40, verbose_name="证件号码（遮盖）")),
                ("seen_at", models.DateTimeField(verbose_name="核对时间")),
                ("seen_by", models.CharField(max_length=80, verbose_name="核对人")),
            ],
            options={
                "verbose_name": "身份证件",
                "verbose_name_plural": "身份证件",
            },
        ),
        migrations.CreateModel(
            name="MemberTag",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("added_at", models.DateTimeField(verbose_name="添加时间")),
                ("added_by", models.CharField(max_length=80, verbose_name="添加人")),
            ],
            options={
                "verbose_name": "会员标签",
                "verbose_name_plural": "会员标签",
            },
        ),
        migrations.CreateModel(
            name="Tag",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=20, unique=True, verbose_name="标签")),
                (
                    "colour",
                    models.CharField(
                        choices=[
                            ("plain", "灰色"),
                            ("brand", "青色"),
                            ("good", "绿色"),
                            ("warn", "橙色"),
                            ("bad", "红色"),
                        ],
                        default="plain",
                        max_length=6,
                        verbose_name="颜色",
                    ),
                ),
                ("retired", models.BooleanField(default=False, verbose_name="已停用")),
            ],
            options={
                "verbose_name": "标签",
                "verbose_name_plural": "标签",
            },
        ),
        migrations.AddField(
            model_name="member",
            name="address",
            field=models.CharField(blank=True, db_default="", default="", max_length=200, verbose_name="地址"),
        ),
        migrations.AddField(
            model_name="member",
            name="category",
            field=models.CharField(
                choices=[
                    ("RETAINED", "保有客户"),
                    ("PROSPECT", "潜在客户"),
                    ("VISITING", "散客"),
                    ("DEPARTED", "流失客户"),
                ],
                db_default="RETAINED",
                default="RETAINED",
                max_length=10,
                verbose_name="客户类别",
            ),
        ),
        migrations.AddField(
            model_name="member",
            name="email",
            field=models.EmailField(blank=True, db_default="", default="", max_length=254, verbose_name="电子邮箱"),
        ),
        migrations.AddField(
            model_name="member",
            name="erased_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="个人信息删除时间"),
        ),
        migrations.AddField(
            model_name="member",
            name="landline",
            field=models.CharField(blank=True, db_default="", default="", max_length=24, verbose_name="固定电话"),
        ),
        migrations.AddField(
            model_name="member",
            name="lunar_day",
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="农历生日日"),
        ),
        migrations.AddField(
            model_name="member",
            name="lunar_leap",
            field=models.BooleanField(db_default=False, default=False, verbose_name="农历闰月"),
        ),
        migrations.AddField(
            model_name="member",
            name="lunar_month",
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="农历生日月"),
        ),
        migrations.AddField(
            model_name="member",
            name="lunar_year",
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="农历生日年"),
        ),
        migrations.AddField(
            model_name="member",
            name="merged_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="合并时间"),
        ),
        migrations.AddField(
            model_name="member",
            name="merged_into",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="merged",
                to="members.member",
                verbose_name="并入",
            ),
        ),
        migrations.AddField(
            model_name="member",
            name="retained_identity",
            field=models.TextField(blank=True, db_default="", default="", editable=False, verbose_name="依法留存"),
        ),
        migrations.AddField(
            model_name="member",
            name="retained_until",
            field=models.DateField(blank=True, null=True, verbose_name="依法留存至"),
        ),
        AddConstraintNotValid(
            model_name="member",
            constraint=models.CheckConstraint(
                condition=models.Q(("category__in", ["RETAINED", "PROSPECT", "VISITING", "DEPARTED"])),
                name="member_category_known",
            ),
        ),
        ValidateConstraint(model_name="member", name="member_category_known"),
        AddConstraintNotValid(
            model_name="member",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("lunar_day__isnull", True), ("lunar_month__isnull", True), ("lunar_year__isnull", True)),
                    models.Q(
                        ("lunar_day__gte", 1), ("lunar_day__lte", 30), ("lunar_month__gte", 1), ("lunar_month__lte", 12)
                    ),
                    _connector="OR",
                ),
                name="member_lunar_birthday_whole",
            ),
        ),
        ValidateConstraint(model_name="member", name="member_lunar_birthday_whole"),
        AddConstraintNotValid(
            model_name="member",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("merged_into__isnull", True),
                    models.Q(("merged_into", models.F("id")), _negated=True),
                    _connector="OR",
                ),
                name="member_not_merged_into_herself",
            ),
        ),
        ValidateConstraint(model_name="member", name="member_not_merged_into_herself"),
        migrations.AddField(
            model_name="consent",
            name="member",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="consents",
                to="members.member",
                verbose_name="会员",
            ),
        ),
        migrations.AddConstraint(
            model_name="consentwording",
            constraint=models.CheckConstraint(
                condition=models.Q(("purpose__in", ["MARKETING", "CARE", "PROFILING"])), name="wording_purpose_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="consentwording",
            constraint=models.UniqueConstraint(fields=("purpose", "version"), name="wording_version_once"),
        ),
        migrations.AddField(
            model_name="consent",
            name="wording",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, to="members.consentwording", verbose_name="同意书文本"
            ),
        ),
        migrations.AddField(
            model_name="iddocument",
            name="member",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="documents",
                to="members.member",
                verbose_name="会员",
            ),
        ),
        migrations.AddField(
            model_name="membertag",
            name="member",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="member_tags",
                to="members.member",
                verbose_name="会员",
            ),
        ),
        migrations.AddConstraint(
            model_name="tag",
            constraint=models.CheckConstraint(
                condition=models.Q(("colour__in", ["plain", "brand", "good", "warn", "bad"])), name="tag_colour_known"
            ),
        ),
        migrations.AddField(
            model_name="membertag",
            name="tag",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="uses", to="members.tag", verbose_name="标签"
            ),
        ),
        migrations.AddConstraint(
            model_name="consent",
            constraint=models.CheckConstraint(
                condition=models.Q(("purpose__in", ["MARKETING", "CARE", "PROFILING"])), name="consent_purpose_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="consent",
            constraint=models.CheckConstraint(
                condition=models.Q(("channel__in", ["SMS", "PHONE", "WECHAT", "EMAIL", "POST", "NONE"])),
                name="consent_channel_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="consent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("given_how__in", ["SIGNED_FORM", "DESK", "PHONE", "PORTAL", "MESSAGE", "TAKE_OVER"])
                ),
                name="consent_source_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="consent",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("withdrawn_at__isnull", True), ("withdrawn_how", "")),
                    models.Q(
                        ("withdrawn_at__gte", models.F("given_at")),
                        ("withdrawn_how__in", ["SIGNED_FORM", "DESK", "PHONE", "PORTAL", "MESSAGE", "TAKE_OVER"]),
                    ),
                    _connector="OR",
                ),
                name="consent_withdrawal_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="consent",
            constraint=models.UniqueConstraint(
                condition=models.Q(("withdrawn_at__isnull", True)),
                fields=("member", "purpose", "channel"),
                name="consent_in_force_once",
            ),
        ),
        migrations.AddIndex(
            model_name="iddocument",
            index=models.Index(fields=["number_index"], name="id_document_by_number"),
        ),
        migrations.AddConstraint(
            model_name="iddocument",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ["ID_CARD", "PASSPORT", "MILITARY", "TRAVEL_PERMIT", "FOREIGN_RESIDENT"])
                ),
                name="id_document_kind_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="iddocument",
            constraint=models.CheckConstraint(
                condition=models.Q(("number__regex", "^v[0-9]{1,9}:[A-Za-z0-9_-]{38,}$")),
                name="id_document_number_sealed",
            ),
        ),
        migrations.AddConstraint(
            model_name="iddocument",
            constraint=models.UniqueConstraint(fields=("member", "kind"), name="id_document_one_of_a_kind"),
        ),
        migrations.AddConstraint(
            model_name="membertag",
            constraint=models.UniqueConstraint(fields=("member", "tag"), name="member_tag_once"),
        ),
        migrations.AddIndex(
            model_name="member",
            index=models.Index(
                condition=models.Q(("retained_until__isnull", False)),
                fields=["retained_until"],
                name="member_to_forget",
            ),
        ),
    ]
