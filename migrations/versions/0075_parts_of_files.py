"""Parts of files that a 1C sends are in the base: whichever machine answers the next request has them."""

import sqlalchemy as sa
from alembic import op

revision = "0075"
down_revision = "0074"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "one_c_part",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["file_id"], ["one_c_file.id"], name=op.f("fk_one_c_part_file_id_one_c_file"), ondelete="CASCADE"
        ),
    )
    op.create_index("ix_one_c_part_file_id", "one_c_part", ["file_id", "id"])


def downgrade() -> None:
    op.drop_table("one_c_part")
