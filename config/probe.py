"""`python -m config.probe URL`: whether a server of ours answers with 200, for health checks in containers."""

from __future__ import annotations

import os
import sys
import urllib.error
import urllib.request


def main(url: str) -> int:
    """Asks as the proxy in front would: under the site's first name."""
    name = os.environ.get("ALLOWED_HOSTS", "").partition(",")[0].lstrip(".*") or "localhost"
    request = urllib.request.Request(url, headers={"Host": name})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            print(answer.read().decode().strip())
    except (urllib.error.URLError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
