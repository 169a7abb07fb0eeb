"""Winze keeps mineral supply chain due diligence working through a crisis."""
