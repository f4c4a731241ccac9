"""The topics, and the only place that names them.

Every topic keeps every event for ever, uncompacted, stamped by the broker (LogAppendTime). All but `dead-letters` have
the same number of partitions, so that the range assignor lands co-partitioned topics on the same worker.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

DEFAULT_PARTITIONS = 12
_MIB = 1024 * 1024
# Kafka's own default. The broker counts a batch with its framing, so a record's value must stay a little below.
SMALL_RECORDS = 1 * _MIB
# An aggregated invoice of 20,000 lines is 3.6 MB; 32 MiB leaves room for nine times that.
LARGE_RECORDS = 32 * _MIB
_FRAMING = 1024
_TOPIC_EXISTS = 36


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic: what its key is, which event types go there, and the largest record in bytes that it takes."""

    name: str
    key: str
    types: tuple[str, ...]
    max_record_bytes: int = SMALL_RECORDS
    partitions: int = DEFAULT_PARTITIONS

    @property
    def settings(self) -> Mapping[str, str]:
        """The topic's configuration at the broker."""
        return {
            "retention.ms": "-1",
            "retention.bytes": "-1",
            "cleanup.policy": "delete",
            "message.timestamp.type": "LogAppendTime",
            "max.message.bytes": str(self.max_record_bytes + _FRAMING),
        }


CATALOG = Topic(
    "catalog.events",
    "product id",
    ("ProductDefined", "ProductCopied", "ProductDeleted", "PriceChanged", "SettingChanged", "ExchangeRateSet"),
)
ORDERS = Topic(
    "orders.events",
    "customer id",
    ("OrderPlaced", "OrderExecuted", "OrderDeleted", "CustomerRegistered", "CustomerChanged", "ResellerRegistered",
     "ResellerChanged"),
)  # fmt: skip
SUBSCRIPTIONS = Topic(
    "subscriptions.events",
    "customer id",
    ("LicensesChanged", "SubscriptionConverted", "SubscriptionCanceled", "SubscriptionSuspended",
     "SubscriptionReactivated", "AutoRenewChanged", "PricingEdited", "PriceProtectionActivated", "BillingPlanChanged",
     "NextTermScheduled", "NextTermDiscarded", "SubscriptionImported", "SubscriptionProvisioned",
     "ProvisioningFailed"),
)  # fmt: skip
INVOICES = Topic(
    "invoices.events", "recipient id", ("InvoiceIssued", "CreditNoteIssued"), max_record_bytes=LARGE_RECORDS
)
RECONCILIATION = Topic(
    "reconciliation.events", "vendor account id", ("VendorSnapshotTaken", "DiscrepancyFound", "DiscrepancyResolved")
)
DEAD_LETTERS = Topic("dead-letters", "origin key", (), max_record_bytes=LARGE_RECORDS, partitions=1)

TOPICS: tuple[Topic, ...] = (CATALOG, ORDERS, SUBSCRIPTIONS, INVOICES, RECONCILIATION, DEAD_LETTERS)
# What bills a subscription: the three topics that a projection of subscriptions or of what is owed reads.
BILLING_TOPICS: tuple[Topic, ...] = (CATALOG, ORDERS, SUBSCRIPTIONS)

_BY_TYPE = {event_type: topic for topic in TOPICS for event_type in topic.types}
_BY_NAME = {topic.name: topic for topic in TOPICS}


def topic_of_type(event_type: str) -> Topic:
    """The topic an event type is written to; KeyError for a type that no topic carries."""
    return _BY_TYPE[event_type]


def topic_named(name: str) -> Topic:
    """The topic of that name; KeyError when there is none."""
    return _BY_NAME[name]


def largest_record(name: str) -> int:
    """How many bytes a record of the topic of that name may have; of one that is not ours, as many as any."""
    known = _BY_NAME.get(name)
    return LARGE_RECORDS if known is None else known.max_record_bytes


class TopicsRefused(Exception):
    """The broker would not create a topic; the sentence names it and gives the broker's reason."""


async def ensure_topics(broker: str, topics: Sequence[Topic] = TOPICS, partitions: int | None = None) -> list[str]:
    """Create the topics that are missing at `broker` (host:port), each with one replica; names created.

    `partitions` replaces the number of all but `dead-letters`. An existing topic is left as it is: its partitions are
    part of where events lie, and one with more replicas is made before us. Raises TopicsRefused.
    """
    # The topic of a type is asked for also where no client of Kafka is needed.
    from aiokafka.admin import AIOKafkaAdminClient, NewTopic

    admin = AIOKafkaAdminClient(bootstrap_servers=broker)
    await admin.start()
    try:
        wanted = [
            NewTopic(
                name=topic.name,
                num_partitions=topic.partitions if partitions is None or topic is DEAD_LETTERS else partitions,
                replication_factor=1,
                topic_configs=dict(topic.settings),
            )
            for topic in topics
        ]
        response = await admin.create_topics(wanted)
    finally:
        await admin.close()
    created = []
    for name, code, *message in response.topic_errors:
        if code == 0:
            created.append(name)
        elif code != _TOPIC_EXISTS:
            raise TopicsRefused(f"the broker refused to create topic {name}: {message[0] if message else code}")
    return created
