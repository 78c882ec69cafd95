"""Runs as they are kept and watched: what a rehearsal or a verification writes, and a page on loopback.

``record``: what a run writes while it goes; ``runs``: reading them back; ``server``: the page.
"""
