"""Row ``tls``: certificates, versions, forced HTTPS, HSTS and mixed content on every declared host."""
