"""Row ``monitoring``: who watches, what wakes whom, and whether it would. See docs/architecture.md."""
