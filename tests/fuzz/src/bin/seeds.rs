//! Writes the seeds of all targets: `seeds CORPUS FILE...`. Programs are whole files, the first part of conformance
//! cases, and the blocks of pages; data files are seeds of their readers.

use std::fs;
use std::io;
use std::path::Path;

use floret_compiler::driver::compile;
use floret_ir::artifact::encode;
use floret_ir::{Address, RelationId, RoleId, Value};
use floret_node::wire::{
    self, Blocked, Body, Data, Hello, Lossy, MAGIC, PROTOCOL_VERSION, Session, Welcome, Who, pack,
};

const HEADER: &str = "i,f,b,s,by,at,span,node,pair,texts,numbers,words,pairs,maybe,nested,point,vote";

fn main() -> io::Result<()> {
    let mut args = std::env::args().skip(1);
    let corpus = args.next().ok_or(io::ErrorKind::InvalidInput)?;
    let corpus = Path::new(&corpus);
    let put = |target: &str, name: &str, bytes: &[u8]| {
        fs::create_dir_all(corpus.join(target))?;
        fs::write(corpus.join(target).join(name), bytes)
    };
    for (number, path) in args.enumerate() {
        let text = fs::read_to_string(&path)?;
        match Path::new(&path).extension().and_then(|extension| extension.to_str()) {
            Some("csv") => put("csv", &format!("seed-{number}"), text.as_bytes())?,
            Some("json" | "jsonl") => put("json", &format!("seed-{number}"), text.as_bytes())?,
            kind => {
                for (block, program) in programs(kind, &text).into_iter().enumerate() {
                    let name = format!("seed-{number}-{block}");
                    put("parser", &name, program.as_bytes())?;
                    put("compiler", &name, program.as_bytes())?;
                    if let Some(artifact) =
                        compile(&path, program, &floret_compiler::modules::OneFile).artifact
                    {
                        put("artifact", &name, &encode(&artifact))?;
                    }
                }
            }
        }
    }
    put("artifact", "seed-every", &encode(floret_fuzz::program()))?;
    put("wire", "seed-talk", &talk())?;
    let row = "1,2.5,true,x,00ff,2026-11-25T14:02:12Z,1h30m,Server[0],\"[1,\"\"a\"\"]\",\"[\"\"a\"\"]\",\"[1,2]\",\
               \"{\"\"k\"\":1}\",\"[[1,null]]\",m,5,\"{\"\"x\"\":1,\"\"tag\"\":null}\",Yes";
    put("csv", "seed-every", format!("{HEADER}\n{row}\n").as_bytes())?;
    put("csv", "seed-narrow", b"b,a\n,1\n2,3\n")?;
    let object = r#"{"i":1,"f":"NaN","b":true,"s":"x","by":"00ff","at":"2026-11-25T14:02:12Z","span":"1h30m","node":"Server[0]","pair":[1,"a"],"texts":["a"],"numbers":[1,2],"words":{"k":1},"pairs":[[1,null]],"maybe":null,"nested":{"some":null},"point":{"x":1,"tag":"t"},"vote":{"Pair":[1,[2]]}}"#;
    put("json", "seed-every", object.as_bytes())?;
    put("json", "seed-narrow", b"{\"a\":1,\"b\":null}\n[2,3]\n")
}

/// The programs in a file of a kind.
fn programs<'a>(kind: Option<&str>, text: &'a str) -> Vec<&'a str> {
    match kind {
        Some("case") => {
            let after = text.split_once("--- program\n").map_or("", |(_, after)| after);
            vec![after.split_once("\n--- ").map_or(after, |(program, _)| program)]
        }
        Some("md") => {
            let blocks = text.split("\n```").skip(1).step_by(2);
            blocks.filter_map(|block| Some(block.split_once('\n')?.1)).collect()
        }
        _ => vec![text],
    }
}

/// What a peer might say, as the target for the wire reads it.
fn talk() -> Vec<u8> {
    let schema = floret_fuzz::channels();
    let named = |name: &str| schema.program.relations.entries().find(|(_, of)| of.name == name);
    let relation = named("narrow").map_or(RelationId(0), |(id, _)| id);
    let channel = schema.channel(relation);
    let rows = |from: i64| {
        let row = |at: i64| vec![Value::Int(at), Value::Variant(0, vec![Value::Int(-at)].into())];
        let rows: Vec<_> = (from..from + 3).map(row).collect();
        pack(&rows).unwrap_or_default().into_iter().next().unwrap_or_default()
    };
    let peer = Address { role: RoleId(0), index: 1 };
    let hello = |incarnation, first| {
        let session = Session { incarnation, generation: 0 };
        let who = Who::Node { address: peer, session, first };
        Body::Hello(Hello { magic: MAGIC, version: PROTOCOL_VERSION, program: 1, token: "t".into(), who })
    };
    let data = |first: u64| {
        let rows = rows(first.cast_signed());
        Body::Data(Data { channel, relation, first, tick: 1, last: true, rows })
    };
    let said = [
        hello(5, 0),
        Body::Ping,
        data(0),
        data(0),
        data(3),
        Body::Lossy(Lossy { channel, relation, rows: rows(9) }),
        Body::Ping,
        Body::Welcome(Welcome { incarnation: 5, next: 0 }),
        Body::Ack(0),
        Body::Blocked(Blocked { origin: peer, number: 1, hops: 0 }),
        hello(6, 2),
        data(2),
        Body::Ping,
    ];
    let mut bytes = Vec::new();
    for body in said {
        let body = wire::encode(&body);
        bytes.extend((body.len() as u16).to_le_bytes());
        bytes.extend(body);
    }
    bytes
}
