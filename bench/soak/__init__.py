"""An office at work: many people in the mix of a real day, for as long as one likes; parts may be killed meanwhile."""

MARK = "soak-"  # begins what these people write, by which it is found again
