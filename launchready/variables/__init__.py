"""A client's variables as people handle them: compared, fetched, sent, rotated, imported, audited.

``store`` is the target (Parameter Store or Secrets Manager) as one thing; ``edit`` changes the client
file; ``dotenv_file`` reads and writes ``.env``. Values are held in memory only, and shown nowhere but
where a person asked for them.
"""
