"""Row ``errors``: what answers to mistakes give away, and whether they are protected like the rest."""
