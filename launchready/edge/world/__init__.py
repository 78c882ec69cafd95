"""The outside world on loopback: root and parent zones, a recursive resolver, RDAP, a mail sink."""
