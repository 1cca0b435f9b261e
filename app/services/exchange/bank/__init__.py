"""Statements of banks: a file is loaded, its documents are recognised, then posted as payments."""
