"""A real browser without a network: what it asks for, the collector asks of the portal, and of nobody else.

Chromium is driven through its DevTools protocol over a pipe, so that nothing else on this machine can.
"""
