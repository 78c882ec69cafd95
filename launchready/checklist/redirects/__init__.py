"""Row ``redirects``: declared redirects hop by hop, and what no redirect may do."""
