"""Whose an address is: the one rule for letters that come and for those that go out."""

# `address, counterparty_id, person_id` of `addresses` in small letters, whoever asks.
# Of several it is a person's before a company's, and the oldest one's.
OWNERS = """
    SELECT DISTINCT ON (address) address, counterparty_id, person_id FROM (
        SELECT lower(info.value) AS address, info.counterparty_id, info.person_id, info.id
        FROM contact_info info JOIN contact_info_kind kind ON kind.id = info.kind_id AND kind.type = 'email'
        WHERE lower(info.value) = ANY(CAST(:addresses AS text[]))) known
    ORDER BY address, (person_id IS NULL), id"""
