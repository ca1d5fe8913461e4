#!/usr/bin/env python3
"""Computes kv.csv and done.csv for three Servers and two Clients without Floret: `hash` as the language reference defines
it (64-bit FNV-1a over a tag byte and the text, finished by MurmurHash3's mixer), and rows given to Clients in turns.

    python3 examples/kv/expected/compute.py
"""
import csv
from pathlib import Path

HERE = Path(__file__).resolve().parent
SERVERS, CLIENTS = 3, 2
MASK = (1 << 64) - 1


def stable_hash(text):
    x = 0xCBF29CE484222325
    for byte in b"\x03" + text.encode("utf-8"):
        x = ((x ^ byte) * 0x100000001B3) & MASK
    x = ((x ^ (x >> 33)) * 0xFF51AFD7ED558CCD) & MASK
    x = ((x ^ (x >> 33)) * 0xC4CEB9FE1A85EC53) & MASK
    x ^= x >> 33
    return x - (1 << 64) if x >> 63 else x


def write(name, header, rows):
    with open(HERE / f"{name}.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


with open(HERE.parent / "set.csv", newline="", encoding="utf-8") as file:
    pairs = [(row["key"], row["val"]) for row in csv.DictReader(file)]
kept = sorted((stable_hash(key) % SERVERS, key, val) for key, val in pairs)
write("kv", ["node", "key", "val"], [(f"Server[{node}]", key, val) for node, key, val in kept])
done = sorted((number % CLIENTS, key) for number, (key, _) in enumerate(pairs))
write("done", ["node", "key"], [(f"Client[{node}]", key) for node, key in done])
