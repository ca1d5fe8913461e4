"""Writes pairs/*.case: every pair of writers of one keyed table in the same tick, on seven keys.

The model is docs/language.md, sections 4 and 12, for a table t(k => v): what the host feeds and `<=` derives joins T(t), the
stored row staying, else the least input row, else the least derived row; P(t+1) = (T(t) minus D) plus I, the remaining
row staying, else the least new one; every other row is reported as a conflict.
"""
import itertools, os

PROGRAM = """input table t(k: int => v: int);
input event now(k: int, v: int);
input event next(k: int, v: int);
input event del(k: int, v: int);
input event rep(k: int, v: int);
t(k, v) <= now(k, v);
t(k, v) <+ next(k, v);
t(k, v) <- del(k, v);
t(k, v) <+- rep(k, v);
"""
WRITERS = ["input", "now", "next", "del", "rep"]
# What is stored, what the first and what the second writer says.
KEYS = {1: (None, 4, 4), 2: (None, 4, 6), 3: (None, 6, 4), 4: (5, 5, 5), 5: (5, 5, 6), 6: (5, 6, 5), 7: (5, 4, 6)}


def settle(kept, new):
    """The value that stays for a key, and those that lose."""
    value = kept if kept is not None else min(new, default=None)
    return value, {v for v in new if v != value}


def tick(stored, values):
    host, lost = settle(stored, values["input"])
    now, lost_now = settle(host, values["now"])
    remaining = None if now in values["del"] or values["rep"] else now
    after, lost_next = settle(remaining, values["next"] | values["rep"])
    return now, after, lost | lost_now | lost_next


def rows(values):
    return " ".join(f"({k}, {v})" for k, v in values.items() if v is not None) or "empty"


os.makedirs(os.path.join(os.path.dirname(__file__), "pairs"), exist_ok=True)
for first, second in itertools.combinations_with_replacement(WRITERS, 2):
    lines = [f"# {first} and {second} of one key in one tick: keys 1 to 3 are free, 4 to 7 hold 5.", "# by: ../pairs.py",
             "--- program", PROGRAM.strip(), "--- tick 0"]
    lines += [f"input t({k}, {stored})" for k, (stored, _, _) in KEYS.items() if stored is not None]
    lines += ["t: " + rows({k: stored for k, (stored, _, _) in KEYS.items()}), "again no", "--- tick 1"]
    now, after, conflicts = {}, {}, []
    for k, (stored, a, b) in KEYS.items():
        values = {writer: set() for writer in WRITERS}
        for writer, value in ((first, a), (second, b)):
            values[writer].add(value)
            lines.append(f"input {'t' if writer == 'input' else writer}({k}, {value})")
        now[k], after[k], lost = tick(stored, values)
        conflicts += [f"conflict t({k}, {v})" for v in sorted(lost)]
    lines += ["t: " + rows(now)] + conflicts + ["again " + ("no" if now == after else "yes")]
    lines += ["--- tick 2", "t: " + rows(after), "again no"]
    with open(os.path.join(os.path.dirname(__file__), "pairs", f"{first}_{second}.case"), "w") as out:
        out.write("\n".join(lines) + "\n")
