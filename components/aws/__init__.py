"""AWS resources: thin dynamic providers over functions in ``launchready.aws``."""
