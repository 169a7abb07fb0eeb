"""Winze keeps mineral supply chain due diligence working through a crisis."""

__version__ = "0.1.0"
