"""Apache Kafka itself on this machine: one node that is broker and controller (KRaft), run by Java 17 from jars.

`make kafka` brings the jars (deploy/local/pom.xml pins them); no shell scripts of a distribution are needed.
"""

import base64
import os
import re
import shutil
import subprocess
import uuid
from pathlib import Path

from deploy.local.processes import Command
from shared.errors import UserError

JARS = "SEATLEDGER_KAFKA_JARS"
LARGEST_RECORD = 33 * 1024 * 1024

PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller_port}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={logs}
# The log is the record of what happened: nothing ends, and its time is the broker's.
log.retention.ms=-1
log.message.timestamp.type=LogAppendTime
auto.create.topics.enable=false
# An aggregated invoice of 20,000 lines is 3.6 MB; topics allow up to 32 MiB, the broker a little more.
message.max.bytes={largest}
replica.fetch.max.bytes={largest}
# One node: nothing to replicate to, and few partitions of its own topics start faster.
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
"""


def jars() -> Path:
    """The folder of jars: `SEATLEDGER_KAFKA_JARS`, else what `make kafka` made in this checkout."""
    named = os.environ.get(JARS)
    folder = Path(named) if named else Path(__file__).resolve().parents[2] / ".kafka" / "jars"
    if not any(folder.glob("kafka-clients-*.jar")):
        raise UserError(f"Apache Kafka is not in {folder}. `make kafka` brings it (needs Java 17 and Maven).")
    return folder


def java() -> str:
    found = shutil.which("java")
    if found is None:
        raise UserError("Apache Kafka needs Java 17 or newer, and no `java` is on the PATH.")
    return found


def description() -> str:
    versions = [re.sub(r"^kafka-clients-|\.jar$", "", jar.name) for jar in jars().glob("kafka-clients-*.jar")]
    return f"Apache Kafka {versions[0]}"


def command(data: Path, port: int, controller_port: int, log: Path) -> Command:
    """The node; its storage is formatted with a random cluster id the first time. SIGTERM shuts it down in order."""
    data.mkdir(parents=True, exist_ok=True)
    properties = data / "server.properties"
    logs = data / "logs"
    properties.write_text(
        PROPERTIES.format(port=port, controller_port=controller_port, logs=logs, largest=LARGEST_RECORD)
    )
    class_path = f"{jars()}/*"
    if not (logs / "meta.properties").exists():
        _format(class_path, properties, data / "cluster.id")
    arguments = [
        *(java(), "-Xms256m", "-Xmx768m", "-XX:+UseSerialGC", "-Dorg.apache.logging.log4j.level=WARN"),
        *("-cp", class_path, "kafka.Kafka", str(properties)),
    ]
    return Command("Apache Kafka", arguments, log)


def _format(class_path: str, properties: Path, kept: Path) -> None:
    cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    made = subprocess.run(
        [
            *(java(), "-XX:TieredStopAtLevel=1", "-cp", class_path, "kafka.tools.StorageTool"),
            # The id after an equals sign: a random one may begin with a dash.
            *("format", f"--cluster-id={cluster}", "--config", str(properties)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode != 0:
        raise UserError(f"Apache Kafka could not format {properties.parent}: {(made.stderr or made.stdout).strip()}")
    kept.write_text(f"{cluster}\n")
