"""The document that a client gets."""
