"""The game of life on a set of cells."""
import csv, os, sys

here = os.path.dirname(os.path.abspath(__file__))
out = sys.argv[1] if len(sys.argv) > 1 else here
rows = list(csv.reader(open(os.path.join(here, "../seed.csv"))))[1:]
live = {(int(x), int(y)) for x, y in rows}
history = []
for generation in range(13):
    history += [(generation, x, y) for x, y in live]
    cells = {(x + dx, y + dy) for x, y in live for dx in (-1, 0, 1) for dy in (-1, 0, 1)}
    count = lambda x, y: sum((x + dx, y + dy) in live for dx in (-1, 0, 1) for dy in (-1, 0, 1)) - ((x, y) in live)
    live = {(x, y) for x, y in cells if count(x, y) == 3 or (x, y) in live and count(x, y) == 2}
with open(os.path.join(out, "alive.csv"), "w", newline="") as file:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(["generation", "x", "y"])
    writer.writerows(sorted(history))
