"""Same generation, by walking up both families in step until they meet or end."""
import csv, os, sys

here = os.path.dirname(os.path.abspath(__file__))
out = sys.argv[1] if len(sys.argv) > 1 else here
parents = {}
for row in csv.DictReader(open(os.path.join(here, "../parent.csv"))):
    parents.setdefault(row["child"], set()).add(row["parent"])


def meet(x, y):
    """Whether some equally long ways up from x and y (of one step or more) end at one person."""
    pairs, seen = {(x, y)}, set()
    while pairs:
        pairs = {(p, q) for a, b in pairs for p in parents.get(a, ()) for q in parents.get(b, ())} - seen
        if any(p == q for p, q in pairs):
            return True
        seen |= pairs
    return False


def write(name, header, rows):
    with open(os.path.join(out, name + ".csv"), "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(sorted(rows))


pairs = [(x, y) for x in parents for y in parents if meet(x, y)]
write("same_generation", ["x", "y"], pairs)
counts = {x: sum(1 for a, b in pairs if a == x and b != x) for x, _ in pairs}
write("cousins", ["person", "how_many"], [(x, n) for x, n in counts.items() if n])
