"""Dijkstra's algorithm from every place. A place's distance to itself is that of the shortest circle."""
import csv, heapq, os, sys

here = os.path.dirname(os.path.abspath(__file__))
out = sys.argv[1] if len(sys.argv) > 1 else here
edges = {}
for row in csv.DictReader(open(os.path.join(here, "../edge.csv"))):
    edges.setdefault(row["from"], []).append((row["to"], int(row["cost"])))

rows = []
for start in edges:
    done, queue = {}, [(cost, to) for to, cost in edges[start]]
    heapq.heapify(queue)
    while queue:
        cost, place = heapq.heappop(queue)
        if place not in done:
            done[place] = cost
            for to, step in edges.get(place, ()):
                heapq.heappush(queue, (cost + step, to))
    rows += [(start, place, cost) for place, cost in done.items()]


def write(name, header, rows):
    with open(os.path.join(out, name + ".csv"), "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(sorted(rows))


write("distance", ["from", "to", "cost"], rows)
write("farthest", ["from", "cost"], [(x, max(c for a, _, c in rows if a == x)) for x in edges])
