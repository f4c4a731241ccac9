"""The event contract: envelope, models of every event, facts, canonical content, files of events.

Start reading at `reading.read` (a record's bytes to a typed event) and `facts.facts_of` (a typed event to facts).
"""
