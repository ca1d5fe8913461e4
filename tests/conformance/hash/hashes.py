"""Writes the cases of this folder: `hash`, `hash_with`, `random(x)`, `any(x)` and `Role[hash(k)]`, computed from the text of
docs/language.md, section 12, alone."""
import os
import struct

WORD = (1 << 64) - 1


def hash_bytes(data):
    """FNV-1a over 64 bits, then mixed; read as a signed number."""
    x = 0xCBF29CE484222325
    for byte in data:
        x = (x ^ byte) * 0x100000001B3 & WORD
    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        x = (x ^ x >> 33) * factor & WORD
    x ^= x >> 33
    return x - (1 << 64) if x >> 63 else x


def i64(number):
    return struct.pack("<q", number)


def u64(number):
    return struct.pack("<Q", number)


def u32(number):
    return struct.pack("<I", number)


def several(tag, parts):
    return bytes([tag]) + u64(len(parts)) + b"".join(parts)


# Bytes of values; of composites from the bytes of their parts.
def of_bool(value):
    return bytes([0, value])


def of_int(value):
    return b"\x01" + i64(value)


def of_float(value):
    if value != value:
        value = float("nan")
    bits = struct.unpack("<Q", struct.pack("<d", value + 0.0))[0]
    return b"\x02" + u64(bits ^ WORD if bits >> 63 else bits | 1 << 63)


def of_string(value):
    return b"\x03" + value.encode()


def of_node(role, index):
    return b"\x04" + u32(role) + u32(index)


def of_bytes(value):
    return b"\x05" + u64(len(value)) + value


def of_time(nanoseconds):
    return b"\x06" + i64(nanoseconds)


def of_duration(nanoseconds):
    return b"\x07" + i64(nanoseconds)


def of_tuple(*parts):
    return several(8, parts)


def of_list(*parts):
    return several(9, parts)


def of_set(*parts):
    return several(10, parts)


def of_map(*pairs):
    return several(11, [key for key, _ in pairs]) + several(11, [value for _, value in pairs])


def of_variant(number, *parts):
    return b"\x0c" + u32(number) + several(8, parts)


# Per type: its name, and pairs of a value as it is written and its bytes.
VALUES = [
    ("bool", [("false", of_bool(0)), ("true", of_bool(1))]),
    ("int", [(str(n), of_int(n)) for n in (0, 1, -1, 42, 2**63 - 1, -(2**63))]),
    ("float", [(text, of_float(float(text))) for text in ("0.0", "1.5", "-1.5", "1e300", "inf", "-inf", "NaN")]),
    ("string", [(f'"{text}"', of_string(text)) for text in ("", "a", "b", "ab", "Zürich", "東京")]),
    ("bytes", [('b""', of_bytes(b"")), ('b"ab"', of_bytes(b"ab"))]),
    ("time", [('"1970-01-01T00:00:00Z"', of_time(0)), ('"1970-01-01T00:01:00Z"', of_time(60 * 10**9))]),
    ("duration", [("1s", of_duration(10**9)), ("1h", of_duration(3600 * 10**9))]),
    ("(int, string)", [('(1, "a")', of_tuple(of_int(1), of_string("a")))]),
    ("list<int>", [("[]", of_list()), ("[2, 1, 2]", of_list(of_int(2), of_int(1), of_int(2)))]),
    ("set<int>", [("set([2, 1, 2])", of_set(of_int(1), of_int(2)))]),
    (
        "map<string, int>",
        [('map([("b", 1), ("a", 2)])', of_map((of_string("a"), of_int(2)), (of_string("b"), of_int(1))))],
    ),
    ("option<int>", [("none", of_variant(0)), ("some(7)", of_variant(1, of_int(7)))]),
    ("Point", [("Point { x: 1, y: 2 }", of_tuple(of_int(1), of_int(2)))]),
    ("Vote", [("Yes", of_variant(0)), ('No("late")', of_variant(1, of_string("late")))]),
]
DECLARED = "struct Point { x: int, y: int }\nenum Vote { Yes, No(string) }\n"


def rows(name, found):
    return f"{name}: " + " ".join(f"({row})" for row in found) if found else f"{name}: empty"


def write(name, about, program, ticks):
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"# {about}\n# by: hashes.py\n--- program\n{program}{ticks}")


program, tick = DECLARED, "--- tick 0\n"
for number, (ty, values) in enumerate(VALUES):
    program += f"input table t{number}(x: {ty});\nh{number}(x, hash(x)) <= t{number}(x);\n"
    tick += "".join(f"input t{number}({text})\n" for text, _ in values)
for number, (ty, values) in enumerate(VALUES):
    tick += rows(f"h{number}", [f"{text}, {hash_bytes(data)}" for text, data in values]) + "\n"
write("values.case", "`hash` of values of every type.", program, tick)

program, tick = DECLARED, "--- tick 0\n"
seeds = [0, 1, -1]
for number, (ty, values) in enumerate(VALUES):
    program += f"input table t{number}(x: {ty});\nh{number}(s, x, hash_with(s, x)) <= t{number}(x), seed(s);\n"
    tick += "".join(f"input t{number}({text})\n" for text, _ in values)
program += "table seed(s: int);\n" + "".join(f"seed({seed});\n" for seed in seeds)
for number, (ty, values) in enumerate(VALUES):
    found = [f"{seed}, {text}, {hash_bytes(i64(seed) + data)}" for seed in seeds for text, data in values]
    tick += rows(f"h{number}", found) + "\n"
write("seeded.case", "`hash_with` of values of every type and several seeds.", program, tick)

ticks = ""
for number, seed in enumerate((0, 7, -(2**63))):
    ticks += f"--- tick {number}\nseed {seed}\n" + "".join(f"input e({x})\n" for x in (1, 2))
    ticks += rows("r", [f"{x}, {hash_bytes(i64(seed) + of_int(x))}" for x in (1, 2)]) + "\n"
write(
    "random.case",
    "`random(x)` is the hash of x with the tick's seed.",
    "input event e(x: int);\nr(x, random(x)) <= e(x);\n",
    ticks,
)

groups = {"numbers": range(20), "one": [5], "far": [-(2**63), 2**63 - 1, 0]}
ticks = "--- tick 0\n" + "".join(f'input t("{g}", {x})\n' for g, found in groups.items() for x in found)
ticks += "input s(\"\")\ninput s(\"a\")\ninput s(\"b\")\ninput s(\"c\")\n"
least = {g: min(found, key=lambda x: (hash_bytes(i64(0) + of_int(x)), x)) for g, found in groups.items()}
ticks += rows("a", [f'"{g}", {x}' for g, x in least.items()]) + "\n"
ticks += rows("b", ['"{}"'.format(min(["", "a", "b", "c"], key=lambda s: hash_bytes(i64(0) + of_string(s))))]) + "\n"
write(
    "any.case",
    "`any(x)` is the value with the least hash with the run's seed (here 0).",
    "input table t(g: string, x: int);\ninput table s(x: string);\na(g, any(x)) <= t(g, x);\nb(any(x)) <= s(x);\n",
    ticks,
)

keys = ["", "a", "b", "c", "d", "key 1", "key 2", "Zürich"]
servers = 3
at = {index: [key for key in keys if hash_bytes(of_string(key)) % servers == index] for index in range(servers)}
ticks = f"--- nodes Server={servers}\n--- run\n" + "".join(f'input put@Client[0]("{key}")\n' for key in keys)
for index, found in at.items():
    ticks += rows(f"kept@Server[{index}]", [f'"{key}"' for key in found]) + "\n"
write(
    "shards.case",
    "`Server[hash(k)]` is the member of that number modulo their count, never negative.",
    "role Client;\nrole Server;\ninput event put(k: string) on Client;\nchannel keep(k: string) on Server;\n"
    "table kept(k: string) on Server;\nkeep@Server[hash(k)](k) <~ put(k);\nkept(k) <= keep(k);\n",
    ticks,
)

nodes = [(role, index) for role in (0, 1) for index in (0, 2)]
names = ["Client", "Server"]
tick = "--- nodes Client=3, Server=3\n--- tick 0 Client[0]\n"
tick += "".join(f"input c(Client[{index}])\n" for role, index in nodes if role == 0)
tick += "".join(f"input s(Server[{index}])\n" for role, index in nodes if role == 1)
for role, name in enumerate("cs"):
    found = [f"{names[role]}[{index}], {hash_bytes(of_node(role, index))}" for r, index in nodes if r == role]
    tick += rows(f"h{name}", found) + "\n"
write(
    "nodes.case",
    "`hash` of nodes: the roles are numbered as they are declared.",
    "role Client;\nrole Server;\ninput event c(n: Client) on Client;\ninput event s(n: Server) on Client;\n"
    "hc(n, hash(n)) <= c(n);\nhs(n, hash(n)) <= s(n);\n",
    tick,
)
