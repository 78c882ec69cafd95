"""Row ``rate_limiting``: what the client file limits is limited, and a portal's doors are among it."""
