"""Row ``secrets``: where secrets live, and whether any shows where it must not."""
