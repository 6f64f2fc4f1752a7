import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


# What documents are drawn from, by column; a change of another column marks nothing. The statements
# of the charging path name none of these, so none of it calls or even considers a function here,
# but for a station that connects in another language.
LOCATION = (
    "ocpi_id, country_code, party_id, publish, publish_allowed_to, name, address, city, postal_code,"
    " state, country, latitude, longitude, related_locations, parking_type, directions, operator,"
    " suboperator, owner, facilities, time_zone, opening_times, charging_when_closed, images,"
    " energy_mix"
)
EVSE = (
    "uid, evse_id, station_id, capabilities, floor_level, latitude, longitude, physical_reference,"
    " directions, parking_restrictions, images, status_schedule"
)


def row(name, columns):
    return "(" + ", ".join(f"{name}.{column.strip()}" for column in columns.split(",")) + ")"


def on_change(name, table, columns, function):
    """A trigger that considers only statements that name one of the columns."""
    return f"""
CREATE TRIGGER ocpi_outdated_{name} AFTER UPDATE OF {columns} ON {table}
    FOR EACH ROW WHEN ({row("OLD", columns)} IS DISTINCT FROM {row("NEW", columns)})
    EXECUTE FUNCTION {function};
"""


CREATE = (
    """
CREATE FUNCTION ocpi_mark_outdated() RETURNS trigger LANGUAGE plpgsql AS $$
-- Argument: subject; the row is it.
BEGIN
    INSERT INTO ocpi_outdated (subject, object_id) VALUES (TG_ARGV[0], NEW.id);
    RETURN NULL;
END $$;

CREATE FUNCTION ocpi_mark_outdated_connector() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO ocpi_outdated (subject, object_id) VALUES ('evse', OLD.evse_id);
    END IF;
    IF TG_OP = 'INSERT' OR (TG_OP = 'UPDATE' AND NEW.evse_id <> OLD.evse_id) THEN
        INSERT INTO ocpi_outdated (subject, object_id) VALUES ('evse', NEW.evse_id);
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION ocpi_mark_outdated_language() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ocpi_outdated (subject, object_id) VALUES ('station', NEW.station_id);
    RETURN NULL;
END $$;

CREATE TRIGGER ocpi_outdated_connector AFTER INSERT OR UPDATE OR DELETE ON stations_connector
    FOR EACH ROW EXECUTE FUNCTION ocpi_mark_outdated_connector();
"""
    + on_change("location", "stations_location", LOCATION, "ocpi_mark_outdated('location')")
    + on_change("evse", "stations_evse", EVSE, "ocpi_mark_outdated('evse')")
    + on_change(
        "station", "stations_chargingstation", "configuration", "ocpi_mark_outdated('station')"
    )
    + on_change(
        "language", "stations_stationconnection", "subprotocol", "ocpi_mark_outdated_language()"
    )
)
DROP = """
DROP TRIGGER ocpi_outdated_connector ON stations_connector;
DROP TRIGGER ocpi_outdated_location ON stations_location;
DROP TRIGGER ocpi_outdated_evse ON stations_evse;
DROP TRIGGER ocpi_outdated_station ON stations_chargingstation;
DROP TRIGGER ocpi_outdated_language ON stations_stationconnection;
DROP FUNCTION ocpi_mark_outdated();
DROP FUNCTION ocpi_mark_outdated_connector();
DROP FUNCTION ocpi_mark_outdated_language();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("ocpi", "0016_no_show_fee_of_tariffs"),
        ("stations", "0006_words_of_constraints"),
    ]

    operations = [
        migrations.CreateModel(
            name="LocationDocument",
            fields=[
                (
                    "location",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="document",
                        serialize=False,
                        to="stations.location",
                    ),
                ),
                ("text", models.TextField()),
                ("form", models.PositiveSmallIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name="EvseDocument",
            fields=[
                (
                    "evse",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="document",
                        serialize=False,
                        to="stations.evse",
                    ),
                ),
                ("text", models.TextField()),
                (
                    "connector_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), size=None
                    ),
                ),
                (
                    "connector_texts",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), size=None
                    ),
                ),
                ("form", models.PositiveSmallIntegerField()),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("connector_ids__len", models.F("connector_texts__len"))
                        ),
                        name="evse_document_connector_has_text",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Outdated",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("subject", models.CharField(max_length=8)),
                ("object_id", models.BigIntegerField()),
            ],
            options={
                "indexes": [models.Index(fields=["subject", "object_id"], name="outdated_of")],
            },
        ),
        migrations.RunSQL(CREATE, DROP),
    ]
