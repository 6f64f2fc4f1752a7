"""Versions say in columns which sessions they price, and those that priced one keep that too."""

from django.db import migrations

FILL = """
UPDATE tariffs_tariffversion SET
    kind = COALESCE(body->>'type', ''),
    starts_at = (body->>'start_date_time')::timestamptz,
    ends_at = (body->>'end_date_time')::timestamptz
WHERE body ?| ARRAY['type', 'start_date_time', 'end_date_time']
"""
FUNCTION = """
CREATE OR REPLACE FUNCTION tariffs_version_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.used_at IS NOT NULL AND (TG_OP = 'DELETE' OR
        ({new}) IS DISTINCT FROM ({old})) THEN
        RAISE EXCEPTION 'a tariff version that priced a session never changes; make a new version'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN COALESCE(NEW, OLD);
END $$
"""
BEFORE = ("body", "number", "currency", "tariff_id", "valid_from")
AFTER = (*BEFORE, "kind", "starts_at", "ends_at")


def guarding(columns):
    new, old = (", ".join(f"{row}.{name}" for name in columns) for row in ("NEW", "OLD"))
    return FUNCTION.format(new=new, old=old)


class Migration(migrations.Migration):
    dependencies = [("tariffs", "0003_where_when_and_for_whom")]
    operations = [
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.RunSQL(guarding(AFTER), guarding(BEFORE)),
    ]
