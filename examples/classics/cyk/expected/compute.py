"""CYK with its triangular table, filled by length."""
import csv, os, sys

here = os.path.dirname(os.path.abspath(__file__))
out = sys.argv[1] if len(sys.argv) > 1 else here
read = lambda name: [tuple(row) for row in list(csv.reader(open(os.path.join(here, "..", name + ".csv"))))[1:]]
words = [word for _, word in sorted((int(position), word) for position, word in read("sentence"))]
grammar, lexicon = read("grammar"), read("lexicon")

n = len(words)
table, ways = {}, {}
for i in range(n):
    table[i, i + 1] = {symbol for symbol, word in lexicon if word == words[i]}
for length in range(2, n + 1):
    for i in range(n - length + 1):
        j = i + length
        table[i, j] = set()
        for k in range(i + 1, j):
            for symbol, left, right in grammar:
                if left in table[i, k] and right in table[k, j]:
                    table[i, j].add(symbol)
                    ways[symbol, i, j] = ways.get((symbol, i, j), 0) + 1


def write(name, header, rows):
    with open(os.path.join(out, name + ".csv"), "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(sorted(rows))


write("phrase", ["s", "i", "c2"], [(s, i, j) for (i, j), symbols in table.items() for s in symbols])
write("accepted", ["s"], [(s,) for s in table[0, n]])
write("ambiguous", ["s", "i", "j", "n"], [(s, i, j, count) for (s, i, j), count in ways.items() if count > 1])
