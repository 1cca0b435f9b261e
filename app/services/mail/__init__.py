"""Mail, going out and coming in."""
