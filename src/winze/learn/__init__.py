"""Fits the weights of the likelihood to earlier visits and judges them on visits they never saw.

An extra of its own: nothing here is imported when a case is run with weights that are already there.
"""

import os

# A fit is thousands of steps over some twenty numbers: handing each to a second thread takes five times as long, and
# sums would depend on how many cores there are. To be said before scipy is first imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
