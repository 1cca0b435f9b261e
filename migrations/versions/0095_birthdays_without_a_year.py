"""Who came with a card whose birthday has no year has that birthday: it stood in the kept card alone."""

from alembic import op

revision = "0095"
down_revision = "0094"
branch_labels = None
depends_on = None

# The leap year stands for one that is not known.
TAKE = r"""
    UPDATE contact_person SET birthday = make_date(1904, told.day[3]::int, told.day[4]::int)
    FROM (
        SELECT id, regexp_match(card, '(^|\n)([^:;.\n]+\.)?BDAY[^:\n]*:--(\d\d)-?(\d\d)(T[^\n]*)?(\n|$)') AS day
        FROM contact_person WHERE birthday IS NULL AND card LIKE '%BDAY%'
    ) told
    WHERE contact_person.id = told.id AND told.day[4]::int
        BETWEEN 1 AND (ARRAY[31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])[told.day[3]::int]"""


def upgrade() -> None:
    op.execute(TAKE)


def downgrade() -> None:
    """The cards say it still."""
