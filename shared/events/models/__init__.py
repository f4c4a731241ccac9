"""One frozen pydantic model per event, field by field as the public contract has them (docs/events.md)."""
