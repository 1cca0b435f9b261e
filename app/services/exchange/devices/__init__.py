"""What telephones and mail programs see: books of items, kept equal to what their user sees in the base."""
