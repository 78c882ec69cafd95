"""Row ``performance``: what onboarding takes under load, and what a visitor waits for and loads."""
