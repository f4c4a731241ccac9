"""Receives the webhooks of Seatledger: `python examples/webhook_receiver.py PORT SECRET`. Standard library alone."""

import base64
import hashlib
import hmac
import json
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

PORT, SECRET = int(sys.argv[1]), base64.b64decode(sys.argv[2].removeprefix("whsec_"))
FIVE_MINUTES = 300
seen: set[str] = set()


class Receiver(BaseHTTPRequestHandler):
    """Answers 401 for what is not signed, or signed long ago; 204 for anything else, also what it had before."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        message, at = self.headers["webhook-id"], self.headers["webhook-timestamp"]
        digest = hmac.digest(SECRET, f"{message}.{at}.".encode() + body, hashlib.sha256)
        expected = "v1," + base64.b64encode(digest).decode()
        given = self.headers["webhook-signature"].split()
        is_good = any(hmac.compare_digest(expected, one) for one in given) and abs(time.time() - int(at)) < FIVE_MINUTES
        if is_good and message not in seen:
            seen.add(message)
            said = json.loads(body)
            print(said["type"], said["data"]["number"], said["data"]["gross"], said["data"]["currency"], flush=True)
        self.send_response(204 if is_good else 401)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """What was received is printed, nothing else."""


HTTPServer(("127.0.0.1", PORT), Receiver).serve_forever()
