"""CDRs that were issued before get their eMSP, as their sessions' tokens say. The trigger that
refuses every change of a CDR stands aside for it."""

from django.db import migrations

FILL = """
ALTER TABLE booking_cdr DISABLE TRIGGER booking_cdr_immutable;
UPDATE booking_cdr AS cdr
SET country_code = upper(token.country_code), party_id = upper(token.party_id)
FROM booking_chargingsession AS session, booking_token AS token
WHERE session.id = cdr.session_id AND token.id = session.token_id AND token.party_id <> '';
ALTER TABLE booking_cdr ENABLE TRIGGER booking_cdr_immutable;
"""


class Migration(migrations.Migration):
    dependencies = [("booking", "0011_cdrs_know_whose_they_are")]
    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
