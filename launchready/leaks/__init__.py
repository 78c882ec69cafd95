"""Secrets in what lies on a disk: a repository's whole history, and log files.

The command line looks, when it is given a path, and hands what it found to the verifier as facts
(``checklist/secrets/history.py`` judges them). Nothing that is found is kept, shown or tried anywhere:
a finding is a kind, a place and a line.
"""

from launchready.leaks.look import look

__all__ = ["look"]
