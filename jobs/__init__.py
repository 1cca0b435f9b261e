"""Work of the background. Garbage is looked for seldom: an application is a million things that stay."""

import gc

gc.set_threshold(100_000, 50, 100)
