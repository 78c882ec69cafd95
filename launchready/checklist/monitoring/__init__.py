"""Row ``monitoring``: whether somebody is told when the site is down, and whether that was ever proved."""
