"""Row ``cors_csp``: who may read answers across origins, and what pages may load and run."""
