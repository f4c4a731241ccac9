"""Vendors' systems that are not there: servers that speak their formats, hold state and can be made to misbehave.

One package a vendor, each run as `python -m deploy.emulators.VENDOR --port N`. They import no service: a connector
knows an emulator by its address alone.
"""
