"""Reads Server-Sent Events with httpx-sse: address, token and cursor in, one line of JSON for each event out."""

import json
import sys

import httpx
from httpx_sse import connect_sse

address, token, cursor = sys.argv[1:]
headers = {"Authorization": f"Bearer {token}"}
# The proxy settings of the environment are not for servers on this machine.
with httpx.Client(timeout=30, trust_env=False) as client:
    with connect_sse(client, "GET", f"{address}/v1/events", params={"after": cursor}, headers=headers) as source:
        for event in source.iter_sse():
            # A block without data, such as the one of `retry`, is no event to the standard; this library hands it out.
            if event.data:
                print(json.dumps({"event": event.event, "id": event.id, "data": event.data}), flush=True)
