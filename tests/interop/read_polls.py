"""Reads by long polls with requests: address, token, cursor and the certificate to trust in, one line of JSON for each
record out."""

import json
import sys

import requests

address, token, cursor, certificate = sys.argv[1:]
session = requests.Session()
session.trust_env = False
session.verify = certificate
session.headers["Authorization"] = f"Bearer {token}"
while True:
    answer = session.get(f"{address}/v1/events", params={"after": cursor, "wait": 30}, timeout=60)
    answer.raise_for_status()
    poll = answer.json()
    cursor = poll["cursor"]
    for record in poll["events"]:
        print(json.dumps(record), flush=True)
