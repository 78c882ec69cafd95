"""`python -m launchready.cli` is `launch`."""

from launchready.cli.start import main

main()
