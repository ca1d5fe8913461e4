//! Properties over random files.

use proptest::prelude::*;

use floret_ir::{Address, RoleId, Row, Type, Value};

use super::{LINK, MIXED, RICH, open, rich, rows, without_roles};
use crate::OutputRows;

/// Bytes that come close to CSV, JSON and gzip often enough to reach their corners.
fn near_misses() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => prop::sample::select(vec![
            &b"i,f,b,s,a\n"[..], b"1,2.5,true,x,Server[0]", b",", b"\"", b"\"\"", b"\n", b"\r\n", b"\r",
            b"\xef\xbb\xbf", b"{", b"}", b"[", b"]", b":", b"\"i\":", b"1", b"-", b"true", b"null", b"NaN",
            b"Server[", b"\x1f\x8b", b"\xff",
        ]).prop_map(<[u8]>::to_vec),
        1 => prop::collection::vec(any::<u8>(), 0..6),
    ];
    (any::<bool>(), prop::collection::vec(piece, 0..40)).prop_map(|(header, pieces)| {
        let start = if header { b"i,f,b,s,a\n".to_vec() } else { Vec::new() };
        start.into_iter().chain(pieces.concat()).collect()
    })
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[a,\"\r\n\u{feff} ]{0,6}"]
}

fn row() -> impl Strategy<Value = Row> {
    (any::<i64>(), any::<f64>(), any::<bool>(), texts(), any::<u32>()).prop_map(|(i, f, b, s, index)| {
        let address = Value::Address(Address { role: RoleId(0), index });
        vec![Value::Int(i), Value::float(f), Value::Bool(b), Value::string(&s), address]
    })
}

/// Any value of a type; texts often look like what the text forms use themselves.
fn value(ty: Type) -> BoxedStrategy<Value> {
    let several = |of: Type| prop::collection::vec(value(of), 0..4);
    match ty {
        Type::Int => any::<i64>().prop_map(Value::Int).boxed(),
        Type::String => prop_oneof![
            texts(),
            Just("{\"some\":1}".to_owned()),
            Just("null".to_owned()),
            Just(String::new())
        ]
        .prop_map(|text| Value::string(&text))
        .boxed(),
        Type::Bytes => any::<Vec<u8>>().prop_map(|bytes| Value::Bytes(bytes.into())).boxed(),
        Type::Time => any::<i64>().prop_map(Value::Time).boxed(),
        Type::Duration => any::<i64>().prop_map(Value::Duration).boxed(),
        Type::List(of) => several(*of).prop_map(Value::list).boxed(),
        Type::Set(of) => several(*of).prop_map(Value::set).boxed(),
        Type::Map(key, of) => {
            prop::collection::vec((value(*key), value(*of)), 0..4).prop_map(Value::map).boxed()
        }
        Type::Tuple(_) | Type::Struct(_) => {
            let parts: Vec<_> = ty.fields().unwrap().into_iter().map(value).collect();
            parts.prop_map(Value::tuple).boxed()
        }
        Type::Option(_) | Type::Enum(_) => {
            let variants = (0..).map_while(|index| ty.variant(index).map(|types| (index, types)));
            let variants: Vec<_> = variants
                .map(|(index, types)| {
                    let args: Vec<_> = types.into_iter().map(value).collect();
                    args.prop_map(move |args| Value::Variant(index, args.into())).boxed()
                })
                .collect();
            prop::strategy::Union::new(variants).boxed()
        }
        Type::Float | Type::Bool | Type::Address(_) | Type::Node => unreachable!("not in `rich`"),
    }
}

fn rich_row() -> impl Strategy<Value = Row> {
    rich().into_iter().map(|(_, ty)| value(ty)).collect::<Vec<_>>()
}

proptest! {
    #[test]
    fn composite_values_are_read_back(written in prop::collection::vec(rich_row(), 0..4)) {
        let program = without_roles();
        let node = Address { role: RoleId(0), index: 0 };
        let out = OutputRows::new(&program.relations[RICH], &program, written.into_iter().map(|row| (node, row)));
        let (mut csv, mut json) = (Vec::new(), Vec::new());
        out.write_csv(&mut csv).unwrap();
        out.write_json_lines(&mut json).unwrap();
        prop_assert_eq!(rows(&mut open("m.csv", &csv, RICH).unwrap()), out.rows());
        prop_assert_eq!(rows(&mut open("m.jsonl", &json, RICH).unwrap()), out.rows());
    }

    #[test]
    fn random_bytes_end_in_rows_or_messages(bytes in near_misses(), name in prop::sample::select(vec!["m.csv", "m.csv.gz", "m.jsonl", "-"])) {
        if let Ok(mut file) = open(name, &bytes, MIXED) {
            let mut steps = 0;
            loop {
                steps += 1;
                // Every step but the last consumes a byte at least.
                prop_assert!(steps <= bytes.len() + 1);
                match file.next_row() {
                    Ok(None) => break,
                    Ok(Some(row)) => prop_assert_eq!(row.len(), 5),
                    Err(error) => prop_assert_eq!(error.file(), Some(name)),
                }
            }
        }
    }

    #[test]
    fn what_is_written_is_read_back(written in prop::collection::vec(row(), 0..8)) {
        // Role 0 is Server in the program that reads, so it is called Server here too.
        let mut program = without_roles();
        program.roles.iter_mut().for_each(|role| role.name = "Server".into());
        let node = Address { role: RoleId(0), index: 0 };
        let out = OutputRows::new(&program.relations[MIXED], &program, written.into_iter().map(|row| (node, row)));
        let (mut csv, mut json) = (Vec::new(), Vec::new());
        out.write_csv(&mut csv).unwrap();
        out.write_json_lines(&mut json).unwrap();
        prop_assert_eq!(rows(&mut open("m.csv", &csv, MIXED).unwrap()), out.rows());
        prop_assert_eq!(rows(&mut open("m.jsonl", &json, MIXED).unwrap()), out.rows());
    }

    /// The `csv` crate is the oracle of the format.
    #[test]
    fn csv_means_what_others_mean_by_it(written in prop::collection::vec((texts(), texts(), any::<i64>()), 0..8)) {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(["from", "to", "cost"]).unwrap();
        for (from, to, cost) in &written {
            writer.write_record([from, to, &cost.to_string()]).unwrap();
        }
        let theirs = writer.into_inner().unwrap();
        let read = rows(&mut open("l.csv", &theirs, LINK).unwrap());
        let expected: Vec<Row> = written.iter().map(|(from, to, cost)| super::link(from, to, *cost)).collect();
        prop_assert_eq!(&read, &expected);

        let program = without_roles();
        let node = Address { role: RoleId(0), index: 0 };
        let mut ours = Vec::new();
        let out = OutputRows::new(&program.relations[LINK], &program, expected.into_iter().map(|row| (node, row)));
        out.write_csv(&mut ours).unwrap();
        let mut reader = csv::Reader::from_reader(ours.as_slice());
        let theirs: Vec<Row> = reader
            .records()
            .map(|record| {
                let record = record.unwrap();
                super::link(&record[0], &record[1], record[2].parse().unwrap())
            })
            .collect();
        prop_assert_eq!(theirs, out.rows());
    }
}
