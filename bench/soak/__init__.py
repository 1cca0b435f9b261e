"""An office at work: many people in the mix of a real day, for as long as one likes; parts may be killed meanwhile."""

from pathlib import Path

MARK = "soak-"  # begins what these people write, by which it is found again


def write_down(file: Path, mark: str) -> None:
    with file.open("a") as marks:
        marks.write(mark + "\n")
