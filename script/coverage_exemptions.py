"""Count the coverage exemptions in the code: more than the number kept here fails the build.

Each exemption is a promise that a line can't be tested; this number may only go down.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ALLOWED = 0
PATTERN = re.compile(r"#\s*pragma:\s*no\s*(cover|branch)")


def main() -> int:
    found = [
        f"{path}:{number}"
        for package in ("launchready", "components")
        for path in sorted(Path(package).rglob("*.py"))
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if PATTERN.search(line)
    ]
    sys.stdout.write(f"{len(found)} coverage exemptions, {ALLOWED} allowed\n")
    sys.stdout.writelines(f"  {place}\n" for place in found)
    return int(len(found) > ALLOWED)


if __name__ == "__main__":
    sys.exit(main())
