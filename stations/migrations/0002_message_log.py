from django.db import migrations

CREATE = """
CREATE SEQUENCE stations_ocppmessage_id_seq;
CREATE TABLE stations_ocppmessage (
    id bigint NOT NULL DEFAULT nextval('stations_ocppmessage_id_seq'),
    at timestamptz NOT NULL,
    station_id bigint NOT NULL,
    direction varchar(3) NOT NULL,
    action varchar(50) NOT NULL,
    message_id varchar(64) NOT NULL,
    request text NOT NULL,
    answer text,
    answered_at timestamptz,
    error_code varchar(50) NOT NULL DEFAULT '',
    PRIMARY KEY (at, id)
) PARTITION BY RANGE (at);
CREATE INDEX stations_ocppmessage_station ON stations_ocppmessage (station_id, at DESC);
CREATE TABLE stations_ocppmessage_default PARTITION OF stations_ocppmessage DEFAULT;
"""


class Migration(migrations.Migration):
    dependencies = [("stations", "0001_initial")]
    operations = [
        migrations.RunSQL(
            CREATE,
            "DROP TABLE stations_ocppmessage; DROP SEQUENCE stations_ocppmessage_id_seq",
        )
    ]
