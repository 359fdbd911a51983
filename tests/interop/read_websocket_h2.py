"""Reads by WebSocket over HTTP/2 (RFC 8441) with h2 and wsproto: address, token, cursor and the certificate to trust
in, one line for each message out; what comes in by lines goes up."""

import selectors
import socket
import ssl
import sys
from urllib.parse import urlsplit

import h2.config
import h2.connection
import h2.events
from h2.settings import SettingCodes
from wsproto.connection import Connection, ConnectionType
from wsproto.events import CloseConnection, Ping, TextMessage
from wsproto.extensions import PerMessageDeflate

address, token, cursor, certificate = sys.argv[1:]
url = urlsplit(address)
tcp = socket.create_connection((url.hostname, url.port))
if url.scheme == "https":
    context = ssl.create_default_context(cafile=certificate)
    context.set_alpn_protocols(["h2"])
    tcp = context.wrap_socket(tcp, server_hostname=url.hostname)
    assert tcp.selected_alpn_protocol() == "h2"
http = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True, header_encoding="utf-8"))
http.initiate_connection()
tcp.sendall(http.data_to_send())
deflate = PerMessageDeflate()
STREAM = 1
websocket = None
text = ""


def ask():
    http.send_headers(
        STREAM,
        [
            (":method", "CONNECT"),
            (":protocol", "websocket"),
            (":scheme", url.scheme),
            (":authority", url.netloc),
            (":path", f"/v1/events?after={cursor}"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-protocol", "chinwag.v1.json"),
            ("sec-websocket-extensions", f"permessage-deflate; {deflate.offer()}"),
            ("authorization", f"Bearer {token}"),
        ],
    )


def begin(headers):
    global websocket
    answer = dict(headers)
    assert answer[":status"] == "200", answer
    assert answer["sec-websocket-protocol"] == "chinwag.v1.json", answer
    deflate.finalize(answer["sec-websocket-extensions"])
    websocket = Connection(ConnectionType.CLIENT, [deflate])


def take(data):
    global text
    websocket.receive_data(data)
    for event in websocket.events():
        if isinstance(event, TextMessage):
            text += event.data
            if event.message_finished:
                print(text, flush=True)
                text = ""
        elif isinstance(event, Ping | CloseConnection):
            http.send_data(STREAM, websocket.send(event.response()))
        if isinstance(event, CloseConnection):
            print(event.code, flush=True)


def receive():
    data = tcp.recv(65536)
    if not data:
        sys.exit("The connection ended.")
    for event in http.receive_data(data):
        if isinstance(event, h2.events.RemoteSettingsChanged):
            # A client may not ask before the server has said that it knows the method (RFC 8441 §3).
            assert event.changed_settings[SettingCodes.ENABLE_CONNECT_PROTOCOL].new_value == 1
            ask()
        elif isinstance(event, h2.events.ResponseReceived):
            begin(event.headers)
        elif isinstance(event, h2.events.DataReceived):
            http.acknowledge_received_data(event.flow_controlled_length, STREAM)
            take(event.data)
        elif isinstance(event, h2.events.StreamEnded):
            sys.exit(0)
        elif isinstance(event, h2.events.StreamReset | h2.events.ConnectionTerminated):
            sys.exit(f"The stream was cut off: {event}")


selector = selectors.DefaultSelector()
selector.register(tcp, selectors.EVENT_READ)
selector.register(sys.stdin, selectors.EVENT_READ)
while True:
    ready = [key.fileobj for key, _ in selector.select()]
    if tcp in ready:
        receive()
        # What TLS has decrypted and not handed out yet, the selector does not see.
        while isinstance(tcp, ssl.SSLSocket) and tcp.pending():
            receive()
    if sys.stdin in ready:
        line = sys.stdin.readline()
        if line:
            http.send_data(STREAM, websocket.send(TextMessage(line.rstrip("\n"))))
        else:
            selector.unregister(sys.stdin)
    tcp.sendall(http.data_to_send())
