"""Contact information that comes with counterparties and persons: what they do not have yet is added."""

from __future__ import annotations

from sqlalchemy import text

from app.models.counterparties import ContactPerson
from app.services.exchange.staging import Staging
from app.services.mail import linking

# The kind that the file means, else the first of its type; a known phone is recognised however it is written.
# In the order of the cell: of several phones the first is the one that is shown.
ADD = """
WITH kinds AS (
    SELECT DISTINCT ON (type) type, id FROM contact_info_kind WHERE {suits} ORDER BY type, position, id
), added AS (
    INSERT INTO contact_info (counterparty_id, person_id, kind_id, value, extension, phone, phone_tail, comment)
    SELECT counterparty, person, kind, value, extension, phone, tail, comment FROM (
    SELECT DISTINCT ON (h.target_id, i.type, i.tail, CASE WHEN i.tail = '' THEN lower(i.value) END, i.extension)
           {counterparty} AS counterparty, {person} AS person, coalesce(meant.id, kinds.id) AS kind,
           i.value, i.extension, i.phone, i.tail, coalesce(i.comment, '') AS comment, h.line, i.place
    FROM {staging} h
    CROSS JOIN ROWS FROM (jsonb_to_recordset(h.infos)
         AS (type text, called text, value text, extension text, phone text, tail text, comment text))
         WITH ORDINALITY AS i (type, called, value, extension, phone, tail, comment, place)
    JOIN kinds ON kinds.type = i.type
    LEFT JOIN contact_info_kind meant ON meant.type = i.type AND meant.name = i.called AND meant.{suits}
    WHERE NOT EXISTS (
        SELECT 1 FROM contact_info c JOIN contact_info_kind k ON k.id = c.kind_id
        WHERE c.counterparty_id = {counterparty} AND c.person_id IS NOT DISTINCT FROM {person} AND k.type = i.type
          AND (lower(c.value) = lower(i.value) AND c.extension = i.extension
               OR i.tail <> '' AND c.phone_tail = i.tail AND c.extension = i.extension)
    )
    ORDER BY h.target_id, i.type, i.tail, CASE WHEN i.tail = '' THEN lower(i.value) END, i.extension, h.line, i.place
    ) said ORDER BY line, place
    RETURNING {owner} AS owner_id
)
UPDATE {staging} SET changed = true WHERE NOT is_new AND target_id IN (SELECT owner_id FROM added)
"""
EMAILS = """
SELECT i.value FROM {staging} h CROSS JOIN jsonb_to_recordset(h.infos) AS i (type text, value text)
WHERE i.type = 'email'"""


def save_infos(staging: Staging) -> None:
    """Add what is missing; a row that gains something counts as updated."""
    of_person = staging.table.model is ContactPerson
    staging.session.execute(
        text(
            ADD.format(
                staging=staging.heads.name,
                suits="for_persons" if of_person else "for_counterparties",
                counterparty="h.counterparty__id" if of_person else "h.target_id",
                person="h.target_id" if of_person else "NULL::integer",
                owner="person_id" if of_person else "counterparty_id",
            )
        )
    )
    brought = staging.session.scalars(text(EMAILS.format(staging=staging.heads.name)))
    linking.look_for(staging.session, brought.all())
