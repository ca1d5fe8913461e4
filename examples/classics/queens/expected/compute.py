"""Eight queens by backtracking."""
import os, sys

here = os.path.dirname(os.path.abspath(__file__))
out = sys.argv[1] if len(sys.argv) > 1 else here
found = []


def place(rows):
    if len(rows) == 8:
        found.append(rows)
        return
    for row in range(1, 9):
        if all(row != r and abs(row - r) != len(rows) - c for c, r in enumerate(rows)):
            place(rows + (row,))


place(())
with open(os.path.join(out, "queens.csv"), "w") as file:
    file.write(",".join(f"q{c}" for c in range(1, 9)) + "\n")
    file.writelines(",".join(map(str, rows)) + "\n" for rows in sorted(found))
with open(os.path.join(out, "solutions.csv"), "w") as file:
    file.write(f"count\n{len(found)}\n")
