"""What the dynamic resources of ``components/aws/`` do: create, diff, update, read, delete.

Each module follows the protocol of ``components/aws/shell.py``. Properties are JSON values; a secret one
is sealed (``launchready.client_file.sealed``), and opened in this process only.
"""
