"""Reads Server-Sent Events with httpx-sse, over HTTP/2 where there is TLS: address, token, cursor and the certificate to
trust in, one line of JSON for each event out."""

import json
import ssl
import sys

import httpx
from httpx_sse import connect_sse

address, token, cursor, certificate = sys.argv[1:]
headers = {"Authorization": f"Bearer {token}"}
# The proxy settings of the environment are not for servers on this machine.
trusted = ssl.create_default_context(cafile=certificate)
with httpx.Client(timeout=30, trust_env=False, http2=True, verify=trusted) as client:
    with connect_sse(client, "GET", f"{address}/v1/events", params={"after": cursor}, headers=headers) as source:
        assert address.startswith("http://") or source.response.http_version == "HTTP/2"
        for event in source.iter_sse():
            # A block without data, such as the one of `retry`, is no event to the standard; this library hands it out.
            if event.data:
                print(json.dumps({"event": event.event, "id": event.id, "data": event.data}), flush=True)
