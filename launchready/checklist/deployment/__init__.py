"""Row ``deployment``: which release is out, everywhere the same, and what happens when something fails.

What can be gone back to (snapshots, rollbacks) has modules of its own here.
"""
