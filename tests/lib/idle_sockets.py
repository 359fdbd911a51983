"""What an idle WebSocket costs the server: COUNT of them, each of an account of its own in a room of ten.

Prints figures as JSON. Fails where a plain WebSocket costs more than 4 KiB of the process's own memory.

The accounts are made first, and the server is started anew, so that nothing of that is counted. Then the difference is
taken between a server that nobody has spoken to yet and one whose sockets have all had their hello and a heartbeat. So
what all of them need at any time is counted, and what the process needs only once is, too.
"""

import contextlib
import json
import pathlib
import resource
import signal
import subprocess
import sys
import tempfile

SERVER, LOAD, COUNT = sys.argv[1], sys.argv[2], int(sys.argv[3])
BYTES_MAX = 4096
PAGE_BYTES = resource.getpagesize()

# Each is one way, whether with TLS, and the version of HTTP.
WAYS = {
    "http1": (False, "http1"),
    "http1_tls": (True, "http1"),
    "http2": (False, "http2"),
    "http2_tls": (True, "http2"),
}


def fields(path, unit=1024):
    lines = (line.split() for line in pathlib.Path(path).read_text().splitlines())
    return {line[0].rstrip(":"): int(line[1]) * unit for line in lines if len(line) > 1 and line[1].isdigit()}


def kernel_bytes():
    """Of the whole machine: buffers of TCP, and the kernel's own objects."""
    tcp = next(line for line in pathlib.Path("/proc/net/sockstat").read_text().splitlines() if line.startswith("TCP:"))
    return {"tcp_buffers": int(tcp.split()[-1]) * PAGE_BYTES, "slab": fields("/proc/meminfo")["Slab"]}


def process_bytes(pid):
    rollup = fields(f"/proc/{pid}/smaps_rollup")
    return {
        "private": rollup["Private_Clean"] + rollup["Private_Dirty"],
        "anonymous": rollup["Anonymous"],
    }


class Server:
    def __init__(self, folder, certificate):
        self.options = ["--data", f"{folder}/data", "--admin-listen", "off", "--limits", "off"]
        self.options += ["--connections-max", str(COUNT + 1000), "--log", "warn"]
        if certificate:
            self.options += ["--tls-cert", f"{folder}/certificate.pem", "--tls-key", f"{folder}/key.pem"]
        self.listen = "127.0.0.1:0"

    def start(self):
        command = [SERVER, "--listen", self.listen, *self.options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            if line.startswith("Open "):
                self.url = line.split()[1].rstrip("/")
                self.listen = self.url.split("//")[1]
                return
        raise SystemExit("The server does not start.")

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait()


def measure(folder, tls, protocol):
    if tls:
        subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
        subject += ["-addext", "basicConstraints=critical,CA:FALSE"]
        key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", f"{folder}/key.pem"]
        command = ["openssl", "req", "-x509", *key, *subject, "-days", "2", "-out", f"{folder}/certificate.pem"]
        subprocess.run(command, check=True, capture_output=True)
    server = Server(folder, tls)
    server.start()
    certificate = [f"{folder}/certificate.pem"] if tls else []
    command = [LOAD, server.url, str(COUNT), protocol, *certificate]
    load = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with contextlib.ExitStack() as stack:
        stack.callback(server.stop)
        stack.callback(load.wait)
        stack.callback(load.stdin.close)
        expect(load, "signed in")
        server.stop()
        server.start()
        before, kernel_before = process_bytes(server.process.pid), kernel_bytes()
        load.stdin.write("open\n")
        load.stdin.flush()
        expect(load, "open")
        opened = process_bytes(server.process.pid)
        expect(load, "idle")
        after, kernel_after = process_bytes(server.process.pid), kernel_bytes()
    each = {f"{name}_bytes": round((after[name] - before[name]) / COUNT) for name in before}
    # A socket has two ends here, and the load's are as large as the server's.
    each |= {
        f"kernel_{name}_bytes": round((kernel_after[name] - kernel_before[name]) / COUNT / 2) for name in kernel_before
    }
    return {
        "each": each,
        "process_before_bytes": before["private"],
        "process_with_hello_bytes": opened["private"],
        "process_idle_bytes": after["private"],
    }


def expect(load, line):
    read = load.stdout.readline().strip()
    if read != line:
        raise SystemExit(f"{line!r} was expected of the load, which said {read!r}")


hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
figures = {"sockets": COUNT, "room_members": 10}
for name in sys.argv[4:] or WAYS:
    with tempfile.TemporaryDirectory(prefix="chinwag-idle-") as folder:
        figures[name] = measure(folder, *WAYS[name])
print(json.dumps(figures, indent=2))
cost = figures.get("http1", {}).get("each", {}).get("private_bytes", 0)
if cost > BYTES_MAX:
    sys.exit(f"An idle WebSocket costs {cost} bytes, and may cost {BYTES_MAX}.")
