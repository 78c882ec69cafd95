"""Row ``surface``: what answers give away about the server, and the headers that protect a visitor."""
