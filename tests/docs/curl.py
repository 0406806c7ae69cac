#!/usr/bin/env python3.11
"""What the pages use of curl, for machines without it: -s, -f, -H, -d with text or @file."""

import sys
import urllib.error
import urllib.request
from pathlib import Path


def main(arguments: list[str]) -> int:
    """Make one request and write the answer."""
    headers, data, address, rest = {}, None, "", iter(arguments)
    for argument in rest:
        if argument == "-H":
            name, _, value = next(rest).partition(":")
            headers[name] = value.strip()
        elif argument == "-d":
            value = next(rest)
            data = Path(value[1:]).read_bytes() if value.startswith("@") else value.encode()
        elif not argument.startswith("-"):
            address = argument
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(urllib.request.Request(address, data=data, headers=headers)) as answer:
            sys.stdout.buffer.write(answer.read())
    except urllib.error.HTTPError as error:
        sys.stderr.write(f"curl: the server answered {error.code}\n")
        return 22
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
