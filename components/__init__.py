"""Pulumi components: what a client file declares, as resources."""
