"""Fits the weights of the likelihood to earlier visits and judges them on visits they never saw.

An extra of its own: nothing here is imported when a case is run with weights that are already there.
"""
