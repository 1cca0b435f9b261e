"""Letters: the list, the card, the composer; mailboxes and templates."""
