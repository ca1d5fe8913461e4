//! Programs that together use every operator and every rewrite.

/// Name and text.
pub(crate) const PROGRAMS: &[(&str, &str)] = &[
    (
        "closure",
        "input table link(from: int, to: int, cost: int);
         path(x, y, c) <= link(x, y, c);
         path(x, z, c1 + c2) <= link(x, y, c1), path(y, z, c2), c1 + c2 < 6, c1 > 0, c2 > 0;
         cheapest(x, y, min(c)) <= path(x, y, c);
         reach(x, count()) <= cheapest(x, _, _);
         output cheapest;
         invariant cheap \"too cheap\": cheapest(x, y, c), c < 0;",
    ),
    (
        "mutual",
        "input table edge(from: int, to: int);
         even(x, x) <= edge(x, _);
         odd(x, z) <= even(x, y), edge(y, z);
         even(x, z) <= odd(x, y), edge(y, z);
         far(x, z) <= far(x, y), far(y, z);
         far(x, y) <= odd(x, y), !edge(x, y);
         far(x, n) <= even(x, x), edge(x, n), n > 1;
         output view lonely(x: int);
         lonely(x) <= edge(x, _), !far(x, _), !even(x, 2);",
    ),
    (
        "errors",
        "input table a(x: int, y: int);
         input table b(x: int);
         input table words(w: string, n: int);
         q(x, z) <= a(x, y), let z = 6 / y, !b(z), z < 10 or x == 1;
         r(x * y, x) <= a(x, y), x != y;
         s(x, z, w) <= a(x, y), let z = y + 1, let w = 10 / x, !b(z), !b(w), let v = x + 0, v >= 0;
         t(n + parse_int(w)) <= words(w, n), !b(n), if n > 1 then 4 / n > 1 else true;
         u(w, sum(n + 1), count(n), max(6 / n)) <= words(w, n), w != \"b\";
         v(x, y) <= a(x, y), b(z), z + x == y;
         w(x) <= a(x, y), let idle = 6 / y;",
    ),
    (
        "recursive errors",
        "input table start(n: int);
         input table stop(n: int);
         n(x) <= start(x);
         n(y) <= n(x), let y = x * x + 1, y < 40, !stop(y);
         n(6 / x) <= n(x), stop(x);
         big(count(), sum(x)) <= n(x);",
    ),
    (
        "aggregates",
        "input table staff(name: string, dept: string, pay: int, rate: float);
         input table dept(name: string, boss: string);
         cost(d, sum(p), count(), max(r)) <= staff(_, d, p, r);
         total(sum(p), count(p), count()) <= staff(_, _, p, _), dept(_, _);
         by_boss(b, min(n), sum(r)) <= staff(n, d, _, r), dept(d, b), n != b;
         self_led(d, count()) <= dept(d, d), staff(_, _, _, _);
         even(n) <= cost(_, _, n, _), n % 2 == 0;",
    ),
    (
        "places",
        "role Client;
         role Server;
         input event set(key: string, val: int) on Client;
         channel put(key: string, val: int, from: Client) on Server;
         channel ack(key: string, n: int) on Client;
         channel hello(who: Server) on Server;
         table kv(key: string => val: int) on Server;
         table peers(s: Server) on Server;
         output event done(key: string) on Client;
         put@Server[hash(k)](k, v, self) <~ set(k, v);
         put@s(k, v + 1, self) <~ set(k, v), Server(s), v > 2;
         kv(k, max(v)) <+- put(k, v, _);
         ack@c(k, count()) <~ put(k, _, c);
         done(k) <= ack(k, n), n >= 0;
         peers(s) <= hello(s), s != self;
         hello@s(self) <~ Server(s), !peers(s);
         kv@Server[1](\"a\", 3);
         kv(\"b\", 4 + 1);",
    ),
    (
        "cross products",
        "input table a(x: int, s: string);
         input table b(y: int, t: string, unused: int);
         static input table c(z: int);
         p(x, y) <= a(x, _), b(y, _, _), y == x;
         q(s, t) <= a(_, s), b(_, t, _), lower(s) == t, len(t) < 2;
         r(x, y, z) <= a(x, s), c(z), b(y, t, _), s + \"!\" == t + \"!\", x + y == z;
         s(count(), x) <= a(x, _), b(_, _, _), c(_);
         t(x, z) <= a(x, _), c(z), x == 1, z == 2;
         u(x) <= a(x, \"a\"), b(x, \"a\", _), c(x);
         v(x) <= a(x, _), x > 0, x > 0, true;",
    ),
    (
        "tables",
        "input event order(id: int, item: string);
         input event cancel(id: int);
         table open(id: int => item: string);
         table log(id: int, item: string);
         table seen(item: string);
         event echo(item: string);
         open(i, x) <+ order(i, x);
         open(i, _) <- cancel(i);
         open(i, y) <+- order(i, x), open(i, _), let y = x + \"+\", len(x) < 2;
         log(i, x) <= open(i, x), !cancel(i);
         log(i, x) <- log(i, x), cancel(i);
         seen(x) <= order(_, x);
         echo(x) <+ seen(x), order(_, x);
         output latest;
         latest(x) <= echo(x), !seen(\"b\");",
    ),
    (
        "keys",
        "input table fed(k: int => v: int);
         input table raw(k: int, v: int);
         input event poke(k: int => v: int);
         table mixed(k: int => v: int);
         view chosen(k: int => v: int);
         table fixed(k: int => v: int);
         fed(k, v + 1) <= raw(k, v), v < 3;
         mixed(k, v) <= poke(k, v);
         mixed(k, v) <= raw(k, v), !poke(k, _);
         chosen(k, v) <= raw(k, v);
         chosen(k, 0 - v) <= fed(k, v), v > 0;
         input table grown(k: int, v: int);
         table least(k: int => v: int);
         grown(k, v) <+ poke(k, v);
         least(k, v) <= grown(k, v);
         fixed(1, 2);
         fixed(2, 2);
         fixed(k, v) <= stat(k, v);
         static input table stat(k: int, v: int);",
    ),
    (
        "constants",
        "static input table flag(x: int, y: int, z: int);
         table base(x: int, s: string);
         base(1, \"a\");
         base(2, \"b\");
         p(x) <= flag(x, x, 1);
         p(x) <= flag(1, x, x), base(x, \"b\");
         q(x, 7, \"k\") <= flag(x, _, _), !flag(_, x, x), !base(x, \"a\");
         r(self) <= !p(_);
         r(self) <= 1 < 2, !base(9, _);
         n(count()) <= q(_, _, _);
         closed(x, y) <= flag(x, y, _);
         closed(x, z) <= closed(x, y), closed(y, z);
         open(x) <= base(x, _), !closed(x, _);",
    ),
    (
        "shared",
        "input table e(x: int, y: int, z: int);
         input event go(x: int);
         a(x, y) <= e(x, y, _), y > 0;
         b(x, y) <= e(x, y, _), y > 0;
         both(x) <= a(x, y), b(y, _);
         both(x) <= b(x, y), a(y, _);
         got(x, y) <= go(x), both(x), e(x, y, _), not (y == 0 or x < 0);
         got(x, y) <= go(x), both(x), e(x, y, _), y == 3;
         reach(x) <= go(x);
         reach(y) <= reach(x), e(x, y, z), a(x, z), z >= 0, y >= 0;
         reach(y) <= e(x, y, z), reach(x), a(x, z), z >= 0;",
    ),
    (
        "negated momentary",
        "input table s(x: int);
         input event e(x: int);
         table t(x: int);
         table u(x: int => y: int);
         t(x) <= s(x), !e(x);
         u(x, y) <= s(x), s(y), y >= x;
         late(x) <= t(x), !u(x, x);
         v(x, y) <= s(x), s(y), !t(x), !t(y);
         sums(x, sum(y)) <= v(x, y);",
    ),
];
