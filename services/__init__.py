"""One folder a service; services never import each other."""
