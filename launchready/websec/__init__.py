"""What response headers say about security, as values: CSP, CORS, and the rest.

Pure: no network, no client file. Lint judges with it what a client file declares, and the checklist what
a server sends.
"""
