"""Bill of materials by plain recursion over the parts."""
import csv, os, sys
from collections import Counter

here = os.path.dirname(os.path.abspath(__file__))
out = sys.argv[1] if len(sys.argv) > 1 else here
uses, price = {}, {}
for row in csv.DictReader(open(os.path.join(here, "../uses.csv"))):
    uses.setdefault(row["whole"], []).append((row["part"], int(row["count"])))
for row in csv.DictReader(open(os.path.join(here, "../price.csv"))):
    price[row["part"]] = int(row["cents"])


def parts(whole):
    total = Counter()
    for part, count in uses.get(whole, ()):
        total[part] += count
        for below, n in parts(part).items():
            total[below] += count * n
    return total


def write(name, header, rows):
    with open(os.path.join(out, name + ".csv"), "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(sorted(rows))


write("needs", ["whole", "part", "count"], [(p, q, n) for p in uses for q, n in parts(p).items()])
cost = {p: [n * price[q] for q, n in parts(p).items() if q in price] for p in uses}
write("cost", ["whole", "cents"], [(p, sum(cents)) for p, cents in cost.items() if cents])
write("unknown", ["p", "q"], [(p, q) for p in uses for q in parts(p) if q not in price and q not in uses])
