//! Every example in README.md and docs/ is run. In a fenced block marked
//! - `console`: each line `$ floret ...` is a command, run in the project's folder; what follows must be its output
//!   (stdout, then stderr), where a line `...` stands for any lines;
//! - `repl`: a session with `floret repl`, as `--echo` prints it; `...` as above;
//! - `flo`: a program that must compile;
//! - `output`: what the program before it prints when it is run (stdout, then stderr), with the options that stand after
//!   its `flo` and with the files of the `csv NAME` or `jsonl NAME` blocks before it as `--data`. In reference.md every
//!   program has one;
//! - `sh`: commands that `.ci/run` runs.
//!
//! The expected outputs are written by hand or come from the programs that the text names.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A fenced block of a page.
#[derive(Clone)]
pub struct Block {
    pub file: String,
    pub line: usize,
    pub info: String,
    pub text: String,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// All pages.
pub fn pages() -> Vec<PathBuf> {
    let mut pages = vec![root().join("README.md")];
    let mut folders = vec![root().join("docs"), root().join("examples")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "md") {
                pages.push(path);
            }
        }
    }
    pages.sort();
    pages
}

/// A page's blocks.
pub fn blocks(page: &Path) -> Vec<Block> {
    let text = std::fs::read_to_string(page).unwrap();
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for (number, line) in text.lines().enumerate() {
        match (&mut open, line.trim_start().strip_prefix("```")) {
            (None, Some(info)) => {
                open = Some(Block {
                    file: page.display().to_string(),
                    line: number + 1,
                    info: info.trim().to_owned(),
                    text: String::new(),
                });
            }
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(block), None) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "{}: a fenced block is not closed", page.display());
    blocks
}

/// Whether `found` is `expected`, in which `...` lines stand for any number of lines.
fn matches(expected: &[&str], found: &[&str]) -> bool {
    match expected.split_first() {
        None => found.is_empty(),
        Some((&"...", rest)) => (0..=found.len()).any(|skip| matches(rest, &found[skip..])),
        Some((line, rest)) => found
            .split_first()
            .is_some_and(|(first, others)| first.trim_end() == line.trim_end() && matches(rest, others)),
    }
}

fn run_console(block: &Block) -> usize {
    let mut count = 0;
    let mut lines = block.text.lines().peekable();
    while let Some(line) = lines.next() {
        let Some(command) = line.strip_prefix("$ ") else {
            panic!("{}:{}: a console block starts with `$ `", block.file, block.line)
        };
        let mut expected = Vec::new();
        while let Some(line) = lines.next_if(|line| !line.starts_with("$ ")) {
            expected.push(line);
        }
        let floret = env!("CARGO_BIN_EXE_floret");
        let script = format!("set -f; {}", command.replacen("floret ", &format!("{floret} "), 1));
        let output = Command::new("sh").arg("-c").arg(&script).current_dir(root()).output().unwrap();
        let text =
            format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let found: Vec<&str> = text.lines().collect();
        assert!(
            matches(&expected, &found),
            "{}:{}: `{command}` printed\n{text}\ninstead of\n{}",
            block.file,
            block.line,
            expected.join("\n")
        );
        count += 1;
    }
    count
}

fn run_session(block: &Block) -> usize {
    let typed = |line: &&str| line.starts_with("floret> ") || line.starts_with("   ...> ");
    let inputs: String =
        block.text.lines().filter(typed).map(|line| format!("{}\n", &line["floret> ".len()..])).collect();
    let mut session = Command::new(env!("CARGO_BIN_EXE_floret"))
        .args(["repl", "--echo"])
        .current_dir(root())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    session.stdin.take().unwrap().write_all(inputs.as_bytes()).unwrap();
    let text = String::from_utf8(session.wait_with_output().unwrap().stdout).unwrap();
    let (expected, found): (Vec<&str>, Vec<&str>) = (block.text.lines().collect(), text.lines().collect());
    assert!(
        matches(&expected, &found),
        "{}:{}: the session is\n{}",
        block.file,
        block.line,
        crate::diagnostics::difference(&block.text, &text)
    );
    inputs.lines().count()
}

fn compile_program(block: &Block) {
    if let Err(failed) = crate::compile::compile(&block.text) {
        panic!("{}:{}:\n{}", block.file, block.line, failed.rendered());
    }
}

/// Runs a program in a folder of its own, with the files that stand before it.
fn run_program(program: &Block, data: &[Block], expected: &Block) {
    let folder = tempfile::tempdir().unwrap();
    let page = Path::new(&program.file).file_stem().unwrap().to_string_lossy().into_owned();
    // Lines of messages are those of the block.
    let name = format!("{page}.flo");
    std::fs::write(folder.path().join(&name), &program.text).unwrap();
    for file in data {
        let (_, name) = file.info.split_once(' ').unwrap();
        std::fs::write(folder.path().join(name), &file.text).unwrap();
    }
    let options = program.info.split_whitespace().skip(1);
    let output = Command::new(env!("CARGO_BIN_EXE_floret"))
        .args(["run", &name, "--quiet", "--data", "."])
        .args(options)
        .current_dir(folder.path())
        .output()
        .unwrap();
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let (wanted, found): (Vec<&str>, Vec<&str>) = (expected.text.lines().collect(), text.lines().collect());
    assert!(
        matches(&wanted, &found),
        "{}:{}: the program printed\n{text}\ninstead of\n{}",
        program.file,
        program.line,
        expected.text
    );
}

/// Programs of a page with the files before them and the output after them, if there is one.
fn run_programs(page: &Path, blocks: &[Block]) -> usize {
    let must_run = page.ends_with("docs/reference.md");
    let is = |block: &Block, word: &str| block.info.split_whitespace().next() == Some(word);
    let (mut data, mut count): (Vec<usize>, usize) = (Vec::new(), 0);
    for (at, block) in blocks.iter().enumerate() {
        if is(block, "csv") || is(block, "jsonl") {
            data.push(at);
        } else if is(block, "flo") {
            let files: Vec<Block> = data.drain(..).map(|at| blocks[at].clone()).collect();
            match blocks.get(at + 1).filter(|next| is(next, "output")) {
                Some(expected) => {
                    run_program(block, &files, expected);
                    count += 1;
                }
                None => assert!(!must_run, "{}:{}: a program without its output", block.file, block.line),
            }
        }
    }
    count
}

#[test]
fn examples_in_readme_and_docs_are_true() {
    let (mut commands, mut inputs, mut compiled, mut run) = (0, 0, 0, 0);
    for page in pages() {
        let blocks = blocks(&page);
        for block in &blocks {
            match block.info.as_str() {
                "console" => commands += run_console(block),
                "repl" => inputs += run_session(block),
                "flo" => {
                    compile_program(block);
                    compiled += 1;
                }
                _ => {}
            }
        }
        run += run_programs(&page, &blocks);
    }
    println!(
        "book: {commands} commands run, {inputs} inputs of sessions, {compiled} programs compiled, {run} programs run"
    );
    assert!(commands > 0 && inputs > 0 && compiled > 0 && run > 0);
}
