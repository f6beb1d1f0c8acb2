"""Receives webhooks on this machine, and says of each whether its signature is right.

    python3 infra/local/receiver.py KEY [PORT]

KEY is what the desk shows at its start, whsec_ and base64; PORT is 9000 unless given.
"""

import base64
import hashlib
import hmac
import http.server
import sys
import time

KEY = base64.b64decode(sys.argv[1].removeprefix("whsec_"))
PORT = int(sys.argv[2]) if len(sys.argv) > 2 else 9000
SEEN = set()


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        id_, at = self.headers["webhook-id"], self.headers["webhook-timestamp"]
        signature = hmac.new(KEY, f"{id_}.{at}.".encode() + body, hashlib.sha256).digest()
        expected = "v1," + base64.b64encode(signature).decode()
        signatures = self.headers["webhook-signature"].split(" ")
        good = any(hmac.compare_digest(expected, signature) for signature in signatures)
        # An old one may be somebody's recording of it.
        good = good and abs(time.time() - int(at)) < 300
        print("signed" if good else "NOT SIGNED", "again" if id_ in SEEN else "new", id_, body.decode(), flush=True)
        SEEN.add(id_)
        self.send_response(204 if good else 401)
        self.end_headers()

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Receiver).serve_forever()
