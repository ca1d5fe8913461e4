"""Win-move by retrograde analysis: from the lost ends backwards, counting the moves that are left."""
import csv, os, sys

here = os.path.dirname(os.path.abspath(__file__))
out = sys.argv[1] if len(sys.argv) > 1 else here
moves = {tuple(row) for row in list(csv.reader(open(os.path.join(here, "../move.csv"))))[1:]}
positions = {p for move in moves for p in move}
left = {p: sum(1 for x, _ in moves if x == p) for p in positions}
result = {p: "lost" for p in positions if left[p] == 0}
work = list(result)
while work:
    position = work.pop()
    for before in {x for x, y in moves if y == position} - result.keys():
        if result[position] == "lost":
            result[before] = "won"
            work.append(before)
        else:
            left[before] -= 1
            if left[before] == 0:
                result[before] = "lost"
                work.append(before)
for name, column in (("won", "position"), ("lost", "x"), ("drawn", "x")):
    with open(os.path.join(out, name + ".csv"), "w") as file:
        rows = sorted(p for p in positions if result.get(p, "drawn") == name)
        file.write("\n".join([column] + rows) + "\n")
