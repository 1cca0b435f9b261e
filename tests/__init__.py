"""What the starts of the tests would cost, and no test is about.

What is imported is kept compiled, whatever the surroundings say: each run reads it, and each process it starts. Rubbish
is collected seldom: an application is a million things that stay.
"""

import gc
import os
import sys

sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
gc.set_threshold(100_000, 50, 100)
