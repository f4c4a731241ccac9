"""Kafka: the topics, a reader that keeps no offsets there, an idempotent writer, and the relay of the outbox."""
