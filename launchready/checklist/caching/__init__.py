"""Row ``caching``: what the edge and browsers keep, as declared and as is good."""
