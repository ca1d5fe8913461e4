//! Writes the seeds of all targets: `seeds CORPUS FILE...`. Programs are whole files, the first part of conformance
//! cases, and the blocks of pages; data files are seeds of their readers.

use std::fs;
use std::io;
use std::path::Path;

use floret_compiler::driver::compile;
use floret_ir::artifact::encode;

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
