"""The whole system on one machine, without Docker: database, broker and the service processes under one supervisor."""
