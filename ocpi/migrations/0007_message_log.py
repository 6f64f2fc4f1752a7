"""The log of exchanges with partners, in daily partitions."""

import django.db.models.fields.composite
from django.db import migrations, models

CREATE = """
CREATE SEQUENCE ocpi_message_id_seq;
CREATE TABLE ocpi_message (
    id bigint NOT NULL DEFAULT nextval('ocpi_message_id_seq'),
    at timestamptz NOT NULL,
    partner_id bigint,
    direction varchar(3) NOT NULL,
    method varchar(10) NOT NULL,
    module varchar(20) NOT NULL,
    url text NOT NULL,
    http_status smallint,
    status_code integer,
    is_fault boolean NOT NULL,
    duration_ms integer NOT NULL,
    request_id varchar(128) NOT NULL,
    request text NOT NULL,
    answer text NOT NULL,
    error text NOT NULL,
    PRIMARY KEY (at, id)
) PARTITION BY RANGE (at);
CREATE INDEX ocpi_message_partner ON ocpi_message (partner_id, at DESC, id DESC);
CREATE TABLE ocpi_message_default PARTITION OF ocpi_message DEFAULT;
"""


class Migration(migrations.Migration):
    dependencies = [("ocpi", "0006_partner_policy")]
    operations = [
        migrations.RunSQL(CREATE, "DROP TABLE ocpi_message; DROP SEQUENCE ocpi_message_id_seq"),
        migrations.CreateModel(
            name="OcpiMessage",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "at", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("id", models.BigIntegerField()),
                ("at", models.DateTimeField()),
                ("partner_id", models.BigIntegerField(null=True)),
                (
                    "direction",
                    models.CharField(
                        choices=[("in", "From the partner"), ("out", "To the partner")],
                        max_length=3,
                    ),
                ),
                ("method", models.CharField(max_length=10)),
                ("module", models.CharField(max_length=20)),
                ("url", models.TextField()),
                ("http_status", models.SmallIntegerField(null=True)),
                ("status_code", models.IntegerField(null=True)),
                ("is_fault", models.BooleanField()),
                ("duration_ms", models.IntegerField()),
                ("request_id", models.CharField(max_length=128)),
                ("request", models.TextField()),
                ("answer", models.TextField()),
                ("error", models.TextField()),
            ],
            options={
                "db_table": "ocpi_message",
                "managed": False,
            },
        ),
    ]
