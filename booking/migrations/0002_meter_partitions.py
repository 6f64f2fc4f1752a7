from django.db import migrations

CREATE = """
CREATE TABLE booking_metersample (
    evse_id bigint NOT NULL,
    measured_at timestamptz NOT NULL,
    content_hash bigint NOT NULL,
    received_at timestamptz NOT NULL,
    session_id uuid,
    energy_wh bigint,
    power_w integer,
    current_l1_a real,
    current_l2_a real,
    current_l3_a real,
    voltage_l1_v real,
    voltage_l2_v real,
    voltage_l3_v real,
    context smallint NOT NULL,
    soc_percent smallint,
    transaction_reference varchar(36),
    other jsonb,
    PRIMARY KEY (evse_id, measured_at, content_hash)
) PARTITION BY RANGE (measured_at);
CREATE TABLE booking_metersample_default PARTITION OF booking_metersample DEFAULT;
"""


class Migration(migrations.Migration):
    dependencies = [("booking", "0001_initial")]
    operations = [migrations.RunSQL(CREATE, "DROP TABLE booking_metersample")]
