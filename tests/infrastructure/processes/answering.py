"""A service process that listens where it is told to, until it is asked to stop."""

import os
import signal
import socket

from shared.readiness import ready

with socket.create_server(("127.0.0.1", int(os.environ["SEATLEDGER_API_PORT"]))):
    ready()
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
