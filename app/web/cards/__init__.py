"""Cards that tell a story: facts edited in place, and one feed of what happened."""
