"""`python -m launchready.cli` is `launch`."""

from launchready.cli.app import main

main()
