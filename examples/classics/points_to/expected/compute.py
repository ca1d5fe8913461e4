"""Andersen's analysis by the textbook's worklist over a constraint graph: nodes are variables and (object, field) pairs,
edges say `includes`; loads and stores add edges when the set of their base grows."""
import csv, os, sys

here = os.path.dirname(os.path.abspath(__file__))
out = sys.argv[1] if len(sys.argv) > 1 else here
read = lambda name: [tuple(row) for row in list(csv.reader(open(os.path.join(here, "..", name + ".csv"))))[1:]]
moves, loads, stores = read("move"), read("load"), read("store")

points, edges, work = {}, {}, []


def add(node, objects):
    new = objects - points.setdefault(node, set())
    if new:
        points[node] |= new
        work.append((node, new))


def edge(source, target):
    if target not in edges.setdefault(source, set()):
        edges[source].add(target)
        add(target, set(points.get(source, ())))


for target, source in moves:
    edge(source, target)
for var, obj in read("alloc"):
    add(var, {obj})
while work:
    node, new = work.pop()
    for target in list(edges.get(node, ())):
        add(target, set(new))
    for target, base, field in loads:
        if base == node:
            for obj in new:
                edge((obj, field), target)
    for base, field, source in stores:
        if base == node:
            for obj in new:
                edge(source, (obj, field))


def write(name, header, rows):
    with open(os.path.join(out, name + ".csv"), "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(sorted(rows))


variables = {node: objects for node, objects in points.items() if isinstance(node, str)}
write("var_points_to", ["v", "o"], [(v, o) for v, objects in variables.items() for o in objects])
fields = [(node, objects) for node, objects in points.items() if isinstance(node, tuple)]
write("field_points_to", ["h", "f", "o"], [(h, f, o) for (h, f), objects in fields for o in objects])
write("alias", ["v", "w"], [(v, w) for v in variables for w in variables if v < w and variables[v] & variables[w]])
