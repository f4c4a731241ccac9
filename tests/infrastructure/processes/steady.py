"""A service process that says it is ready and then works until it is asked to stop."""

import signal

from shared.readiness import ready

ready()
signal.sigwait({signal.SIGTERM, signal.SIGINT})
