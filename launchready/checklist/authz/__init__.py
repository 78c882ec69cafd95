"""Row authz: every request checks the tenant on the server. Only the contrast with the owner counts."""
