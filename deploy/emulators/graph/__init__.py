"""Microsoft Graph's export of billing data, emulated: operations that take time, manifests, signed blobs.

Formats: Microsoft Graph, partners billing (v1.0). What goes wrong there can be asked for invoice by invoice (`seed`).
"""
