#!/usr/bin/env python3
"""Computes account.csv and done.csv for three Banks and two Tellers without Floret: account n is at Bank n modulo 3, rows
are given to the Tellers in turns.

    python3 examples/ledger/expected/compute.py
"""
import csv
from pathlib import Path

HERE = Path(__file__).resolve().parent
BANKS, TELLERS = 3, 2


def write(name, header, rows):
    with open(HERE / f"{name}.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


balances = {number: 1000 for number in range(9)}
done = []
with open(HERE.parent / "transfer.csv", newline="", encoding="utf-8") as file:
    for row, transfer in enumerate(csv.DictReader(file)):
        balances[int(transfer["giver"])] -= int(transfer["amount"])
        balances[int(transfer["taker"])] += int(transfer["amount"])
        done.append((row % TELLERS, int(transfer["id"])))
accounts = sorted((number % BANKS, number, balance) for number, balance in balances.items())
write("account", ["node", "number", "balance"], [(f"Bank[{bank}]", *rest) for bank, *rest in accounts])
write("done", ["node", "id"], [(f"Teller[{teller}]", id) for teller, id in sorted(done)])
