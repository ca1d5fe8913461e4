#!/usr/bin/env python3
"""Computes the expected outputs of closure.flo (and the answers of sharded.flo) without Floret:
a plain graph search per package, written independently of the rules. Writes the CSV files beside it, or into DIR.

    python3 examples/debian/expected/compute.py [--out DIR]
"""
import csv
import gzip
import sys
from collections import defaultdict
from pathlib import Path

HERE = Path(__file__).resolve().parent
DATA = HERE.parent
POPULAR = 1000


def table(name):
    with gzip.open(DATA / f"{name}.csv.gz", "rt", newline="", encoding="utf-8") as file:
        yield from csv.DictReader(file)


def write(out, name, header, rows):
    # Rows in value order: texts by their UTF-8 bytes, which is how Python compares these (ASCII) names.
    with open(out / f"{name}.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(sorted(rows))


def main():
    out = Path(sys.argv[2]) if sys.argv[1:2] == ["--out"] else HERE
    out.mkdir(parents=True, exist_ok=True)
    kib = {row["name"]: int(row["installed_kib"]) for row in table("package")}
    providers = defaultdict(set)
    for row in table("provides"):
        providers[row["name"]].add(row["package"])
    needs = defaultdict(set)
    for row in table("depends"):
        if row["alternative"] != "0":
            continue
        target = row["target"]
        needs[row["package"]] |= {target} if target in kib else providers.get(target, set())

    # A package is in its own set only where a path of at least one step leads back to it.
    def search(start):
        seen, todo = set(), [start]
        while todo:
            for target in needs.get(todo.pop(), ()):
                if target not in seen:
                    seen.add(target)
                    todo.append(target)
        return seen

    pulls_in = {name: search(name) for name in needs}
    rows = sum(map(len, pulls_in.values()))
    circle = [name for name, found in pulls_in.items() if name in found]
    dependents = defaultdict(int)
    for targets in needs.values():
        for target in targets:
            dependents[target] += 1

    answers = []
    with open(DATA / "ask.csv", newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            name = row["name"]
            if name in kib:
                others = pulls_in.get(name, set()) - {name}
                answers.append((name, len(others), sum(kib.get(other, 0) for other in others)))
    write(out, "answer", ["name", "packages", "kib"], answers)
    write(out, "circle", ["name"], [(name,) for name in circle])
    write(out, "popular", ["name", "dependents"], [(n, c) for n, c in dependents.items() if c >= POPULAR])
    print(f"pulls_in has {rows} rows, circle {len(circle)}")


main()
