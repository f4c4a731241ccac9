"""One frozen pydantic model per event, field by field as contracts.md section 3 has them."""
