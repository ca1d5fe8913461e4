//! Every program text of the language's definition is read, and every construct is in the tree as meant.

use expect_test::expect;

use crate::{check_tree, read};

#[test]
fn first_program() {
    check_tree(
        r#"
        input table link(from: string, to: string, cost: int);

        path(x, y, c)       <= link(x, y, c);
        path(x, z, c1 + c2) <= link(x, y, c1), path(y, z, c2), c1 + c2 < 100;
        cheapest(x, y, min(c)) <= path(x, y, c);

        output cheapest;
        "#,
        &expect![[r#"
            input table link(from: string, to: string, cost: int)
            rule path(x, y, c) <=
              link(x, y, c)
            rule path(x, z, (c1 + c2)) <=
              link(x, y, c1)
              path(y, z, c2)
              ((c1 + c2) < 100)
            rule cheapest(x, y, min(c)) <=
              path(x, y, c)
            output cheapest
        "#]],
    );
}

#[test]
fn distributed_program() {
    check_tree(
        r#"
        role Client;
        role Server;

        input event set(key: string, val: string)   on Client;
        channel put(key: string, val: string, from: Client) on Server;
        channel ack(key: string)                    on Client;
        table   kv(key: string => val: string)      on Server;
        output event done(key: string)              on Client;

        put@Server[hash(k)](k, v, self) <~ set(k, v);        // at a Client: send to the Server that owns k
        kv(k, max(v))                  <+- put(k, v, _);     // at a Server: replace next tick
        ack@c(k)                        <~ put(k, _, c);     // back to the Client that asked
        done(k)                         <= ack(k);           // at that Client again
        "#,
        &expect![[r#"
            role Client
            role Server
            input event set(key: string, val: string) on Client
            channel put(key: string, val: string, from: Client) on Server
            channel ack(key: string) on Client
            table kv(key: string => val: string) on Server
            output event done(key: string) on Client
            rule put@Server[hash(k)](k, v, self) <~
              set(k, v)
            rule kv(k, max(v)) <+-
              put(k, v, _)
            rule ack@c(k) <~
              put(k, _, c)
            rule done(k) <=
              ack(k)
        "#]],
    );
}

#[test]
fn collections() {
    check_tree(
        r#"
        timer beat every 500ms on R;
        const N = 3;
        const M: int = 4;
        param replicas: int = 3;
        param name: string;
        link("a", "b", 3);
        kv@Server[0]("x", "1");
        enum Vote { Yes, No(string) }
        struct Point { x: int, y: int }
        static input table package(name: string) on Worker[hash(name)];
        mutable input table t(k: list<int>, l: (int, bool) => m: map<string, set<int>>);
        input output view v(x: option<m::t>, ) from A;
        channel c(x: int) on R from S;
        channel d(x: int) on R ordered;
        channel e(x: int) ordered via S on R;
        channel f(x: int) on R lossy from S;
        channel votes(ballot: int, voter: Voter) on Coord sealed by ballot, voter from Voter;
        channel words(word: string) on Coord sealed from Voter ordered;
        input event line(text: string) on Voter sealed;
        event none() on R;
        "#,
        &expect![[r#"
            timer beat every 500ms on R
            const N = 3
            const M: int = 4
            param replicas: int = 3
            param name: string
            fact link("a", "b", 3)
            fact kv@Server[0]("x", "1")
            enum Vote
              Yes()
              No(string)
            struct Point { x: int, y: int }
            static input table package(name: string) on Worker[hash(name)]
            mutable input table t(k: list<int>, l: (int, bool) => m: map<string, set<int>>)
            input output view v(x: option<m::t>) from A
            channel c(x: int) on R from S
            channel d(x: int) on R ordered
            channel e(x: int) on R ordered via S
            channel f(x: int) on R lossy from S
            channel votes(ballot: int, voter: Voter) on Coord sealed by ballot, voter from Voter
            channel words(word: string) on Coord sealed from Voter ordered
            input event line(text: string) on Voter sealed
            event none() on R
        "#]],
    );
}

#[test]
fn rules() {
    check_tree(
        r#"
        a(x) <+ b(key: x, val: 3), !c(x, _), let z = x + 1, m in members(x), b;
        a(x) <- d::send(x), match v { Yes => 1, No(s) => size(s) } > 3;
        fn twice(x: int) -> int = x * 2;
        put@s(k, v) <~ set(k, v), Server(s);
        reply@c(k, v) <~ get@c(k), kv@Server[hash(k)](k, v), log@(owner(k))(k), me@self(k);
        n(b, count()) <= votes(b, _); won(b) <= n(b, c), c >= 3;
        lattice latest over (time, int) = merge(a, b) -> if a > b then a else b;
        "#,
        &expect![[r#"
            rule a(x) <+
              b(key: x, val: 3)
              !c(x, _)
              let z = (x + 1)
              m in members(x)
              b
            rule a(x) <-
              d::send(x)
              (match v { Yes => 1, No(s) => size(s), } > 3)
            fn twice(x: int) -> int = (x * 2)
            rule put@s(k, v) <~
              set(k, v)
              Server(s)
            rule reply@c(k, v) <~
              get@c(k)
              kv@Server[hash(k)](k, v)
              log@(owner(k))(k)
              me@self(k)
            rule n(b, count()) <=
              votes(b, _)
            rule won(b) <=
              n(b, c)
              (c >= 3)
            lattice latest over (time, int) = merge(a, b) -> (if (a > b) then a else b)
        "#]],
    );
}

#[test]
fn blocks_modules_and_claims() {
    check_tree(
        r#"
        durable role Server;
        role Store durable;
        on Server {
            table kv(k: int);
            monotone { a(x) <= b(x); }
        }
        confluent out;
        seal votes@c(b) <~ closed(b), Coord(c);
        @accept("last writer wins") a(x) <= b(x);
        use "delivery.flo" as d;
        use std::delivery as e;
        use std::quorum(Voter = Replica, n = 3) as q;
        module Quorum(role Voter, n: int, input event vote(x: int)) { a(x) <= b(x); }

        invariant one_leader "two leaders in one term": leader@a(t), leader@b(t), a != b;      // must never hold

        test "a write is read back" with Server = 3, Client = 2 {
            at 0: set@Client[0]("x", "1");
            eventually kv@Server[hash("x")]("x", "1");
            never !kv(1);
        }
        "#,
        &expect![[r#"
            durable role Server
            durable role Store
            on Server
              table kv(k: int)
              monotone
                rule a(x) <=
                  b(x)
            confluent out
            seal votes@c(b) <~
              closed(b)
              Coord(c)
            @accept("last writer wins")
            rule a(x) <=
              b(x)
            use "delivery.flo"() as d
            use std::delivery() as e
            use std::quorum(Voter = Replica, n = 3) as q
            module Quorum(role Voter, n: int, input event vote(x: int))
              rule a(x) <=
                b(x)
            invariant one_leader "two leaders in one term"
              leader@a(t)
              leader@b(t)
              (a != b)
            test "a write is read back" with Server = 3, Client = 2
              at 0: set@Client[0]("x", "1")
              eventually kv@Server[hash("x")]("x", "1")
              never !kv(1)
        "#]],
    );
}

#[test]
fn comments_and_docs() {
    let text =
        "// one\n/// Who is where.\n///  Twice.\ntable at(x: int); /* a /* nested */ one */\n// last\na(1);";
    let tree = read(text);
    let comments: Vec<&str> = tree.comments.iter().map(|comment| comment.text.as_str()).collect();
    assert_eq!(
        comments,
        ["// one", "/// Who is where.", "///  Twice.", "/* a /* nested */ one */", "// last"]
    );
    assert_eq!(tree.statements[0].doc.as_deref(), Some("Who is where.\n Twice."));
    assert_eq!(tree.statements[1].doc, None);
}

#[test]
fn spans_cover_what_was_written() {
    let text = "@accept(\"x\") a(x) <= b(x), 1 + (2 * x) > 3;\non R { b(1); }";
    let tree = read(text);
    let slice = |span: floret_ir::Span| &text[span.start as usize..span.end as usize];
    assert_eq!(slice(tree.statements[0].span), "a(x) <= b(x), 1 + (2 * x) > 3;");
    assert_eq!(slice(tree.statements[1].span), "on R { b(1); }");
    let floret_lang::tree::StatementKind::Rule(rule) = &tree.statements[0].kind else { panic!("a rule") };
    assert_eq!(slice(rule.op_span), "<=");
    let floret_lang::tree::Literal::Expr(condition) = &rule.body[1] else { panic!("a condition") };
    assert_eq!(slice(condition.span), "1 + (2 * x) > 3");
}

#[test]
fn an_empty_file_is_an_empty_program() {
    assert_eq!(read("").statements, []);
    assert_eq!(read(" \n// nothing\n").statements, []);
}
