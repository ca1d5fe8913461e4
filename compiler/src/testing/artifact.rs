//! Artifacts of whole programs: what is written is read back, and damaged bytes are refused or still make sense.

use floret_ir::artifact::{Artifact, ArtifactError, channel_hash, decode, encode, program_hash};
use floret_ir::hash::hash_bytes;
use floret_ir::{Expr, Literal, Type, UnaryOp, Value, VarId, print};

use super::{PROGRAMS, Random, Sources, interpret, site, stratified};

fn artifact(text: &str) -> Artifact {
    let compilation = crate::driver::compile("test.flo", text, &crate::modules::OneFile);
    let errors: Vec<_> = compilation.errors().cloned().collect();
    compilation
        .artifact
        .unwrap_or_else(|| panic!("{}", floret_lang::render(&errors, &compilation.sources, false)))
}

/// Bytes after whose change the checksum is right again, as an attacker would make it.
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let covered = bytes.len() - 8;
    let checksum = hash_bytes(&bytes[..covered]).to_le_bytes();
    bytes[covered..].copy_from_slice(&checksum);
    bytes
}

#[test]
fn artifacts_read_back_as_they_were() {
    for (name, text) in PROGRAMS {
        let artifact = artifact(text);
        assert_eq!(decode(&encode(&artifact)).as_ref(), Ok(&artifact), "{name}");
    }
}

#[test]
fn broken_files_are_refused_by_what_is_wrong() {
    let bytes = encode(&artifact(PROGRAMS[0].1));
    assert_eq!(decode(b"hello, world"), Err(ArtifactError::NotAnArtifact));
    assert_eq!(decode(b""), Err(ArtifactError::NotAnArtifact));
    assert_eq!(decode(&bytes[..bytes.len() - 1]), Err(ArtifactError::Truncated));
    assert_eq!(decode(&bytes[..40]), Err(ArtifactError::Truncated));
    let mut later = bytes.clone();
    later[6] = 9;
    assert_eq!(decode(&later), Err(ArtifactError::Format { found: 9 }));
    let mut flipped = bytes.clone();
    flipped[60] ^= 1;
    assert_eq!(decode(&flipped), Err(ArtifactError::Damaged));
    let longer = [&bytes[..], &[0]].concat();
    assert_eq!(decode(&longer), Err(ArtifactError::Damaged));
    // The first section's length.
    let mut huge = bytes;
    huge[9..17].copy_from_slice(&u64::MAX.to_le_bytes());
    assert!(matches!(decode(&huge), Err(ArtifactError::TooLong { .. })));
}

/// Changes bytes behind a right checksum: decoding never panics, and what it lets pass can be printed and run.
#[test]
fn what_decoding_lets_pass_can_be_run() {
    let (mut passed, mut refused) = (0, 0);
    for (number, (_, text)) in PROGRAMS.iter().enumerate() {
        let bytes = encode(&artifact(text));
        let mut random = Random::new(number as u64);
        for _ in 0..400 {
            let mut bytes = bytes.clone();
            for _ in 0..=random.below(2) {
                let position = 8 + random.below(bytes.len() - 16);
                bytes[position] = match random.below(3) {
                    0 => random.below(256) as u8,
                    1 => bytes[position].wrapping_add(1),
                    _ => bytes[position].wrapping_sub(1),
                };
            }
            match decode(&sealed(bytes)) {
                Ok(artifact) => {
                    run(&artifact, &mut random);
                    passed += 1;
                }
                Err(_) => refused += 1,
            }
        }
    }
    assert!(passed > 100 && refused > 1000, "{passed} passed, {refused} refused");
}

fn run(artifact: &Artifact, random: &mut Random) {
    let program = &artifact.stratified.program;
    let mut text = print::program(program) + &print::strata(&artifact.stratified);
    text += &print::coordination(&artifact.coordination, program);
    for (role, plan) in artifact.plans.entries() {
        text += &print::plan(plan, program, &artifact.sources);
        text += &print::dot(plan, program);
        let sources: Sources = program
            .relations
            .entries()
            .filter(|(_, relation)| relation.role == role)
            .map(|(id, relation)| {
                let columns: Vec<Type> = relation.columns.iter().map(|column| column.ty).collect();
                (id, random.rows(&columns, 3))
            })
            .collect();
        interpret(plan, &site(&artifact.stratified, role), &sources, (0, 1));
    }
    assert!(!text.is_empty());
}

/// A condition `not not .. true` of this depth in the first rule.
fn nested(depth: usize) -> Artifact {
    let mut artifact = artifact("input table a(x: int); p(x) <= a(x), true;");
    let mut expr: Expr<VarId> = Expr::Const(Value::Bool(true));
    for _ in 1..depth {
        expr = Expr::Unary { op: UnaryOp::Not, operand: Type::Bool, value: Box::new(expr) };
    }
    for rule in artifact.stratified.program.rules.iter_mut() {
        for literal in &mut rule.body {
            if let Literal::Condition { expr: condition, .. } = literal {
                *condition = expr.clone();
            }
        }
    }
    artifact
}

#[test]
fn expressions_that_nest_too_deep_are_refused() {
    let deep = nested(400);
    assert_eq!(decode(&encode(&deep)).as_ref(), Ok(&deep));
    assert!(matches!(decode(&encode(&nested(402))), Err(ArtifactError::Malformed { .. })));
    // The limit counts one expression, not all that were read.
    assert_eq!(decode(&encode(&deep)).as_ref(), Ok(&deep));
}

#[test]
fn a_programs_hash_is_of_its_meaning() {
    let hash = |text: &str| program_hash(&stratified(text));
    let program = "input table a(x: int, y: int); p(x) <= a(x, y), y > 1; output q; q(n) <= p(n);";
    // Layout, comments and local names don't matter, also those that name an inferred view's columns.
    let same = "input table a(x: int, y: int); // links\n p(u)  <=  a(u, v), v > 1; output q; q(n) <= p(n);";
    assert_eq!(hash(program), hash(same));
    for other in [
        "input table a(x: int, y: int); p(x) <= a(x, y), y > 2; output q; q(n) <= p(n);",
        "input table a(x: int, y: int); p(y) <= a(x, y), y > 1; output q; q(n) <= p(n);",
        "input table a(x: int, z: int); p(x) <= a(x, y), y > 1; output q; q(n) <= p(n);",
        // The names of an output's columns are seen.
        "input table a(x: int, y: int); p(x) <= a(x, y), y > 1; output q; q(m) <= p(m);",
    ] {
        assert_ne!(hash(program), hash(other), "{other}");
    }
}

#[test]
fn a_channels_hash_is_of_what_both_ends_must_agree_on() {
    let hash = |text: &str| {
        let program = stratified(text).program;
        channel_hash(&program, program.relation_named("c").unwrap())
    };
    let channel =
        hash("role A; role B; channel c(x: int, from: A) on B; table t(x: int) on B; t(x) <= c(x, _);");
    // Other collections, rules and the numbers of roles don't matter.
    assert_eq!(
        channel,
        hash("role B; role A; event e(x: int) on B; channel c(x: int, from: A) on B; e(x) <= c(x, _);")
    );
    for other in [
        "role A; role B; channel c(y: int, from: A) on B;",
        "role A; role B; channel c(x: int, from: B) on B;",
        "role A; role B; channel c(x: string, from: A) on B;",
        "role A; role B; channel c(x: int => from: A) on B;",
    ] {
        assert_ne!(channel, hash(other), "{other}");
    }
}
