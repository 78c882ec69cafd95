"""Row authn: log-in, sessions, second factors, one-time tokens."""
