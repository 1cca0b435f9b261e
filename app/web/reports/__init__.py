"""How reports are read: at one moment of the base, at once or by a worker."""
