"""httpx, as an app uses it."""

import sys

import httpx

response = httpx.get(sys.argv[1], timeout=30)
print(response.status_code, response.text, sep="\n", end="")
