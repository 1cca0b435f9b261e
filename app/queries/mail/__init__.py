"""Letters and mailboxes."""
