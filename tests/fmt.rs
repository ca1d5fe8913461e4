//! `floret fmt` from outside: which files it writes, what it prints, its exit codes. (How programs are laid out is
//! tested in `lang`.)

use std::io::Write;
use std::path::Path;
use std::process::{Output, Stdio};

use crate::book;
use crate::floret::{command, root, scratch};

const UGLY: &str = "a(1);b( 2 );   // two\r\n";
const NEAT: &str = "a(1);\nb(2); // two\n";
const WRONG: &str = "a(1;\n";

fn fmt(folder: &Path, args: &[&str]) -> (Option<i32>, String, String) {
    said(command(&[&["fmt"], args].concat()).current_dir(folder).output().unwrap())
}

fn said(output: Output) -> (Option<i32>, String, String) {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn stdin(args: &[&str], text: &[u8]) -> (Option<i32>, String, String) {
    let mut command = command(&[&["fmt"], args].concat());
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(text).unwrap();
    said(child.wait_with_output().unwrap())
}

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn read(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).unwrap()
}

#[test]
fn files_below_a_folder_are_written_if_they_change() {
    let folder = scratch();
    let folder = folder.path();
    for name in ["ugly.flo", "deep/er/ugly.flo", ".hidden/ugly.flo", "ugly.txt"] {
        write(folder, name, UGLY);
    }
    write(folder, "neat.flo", NEAT);
    let before = std::fs::metadata(folder.join("neat.flo")).unwrap().modified().unwrap();
    assert_eq!(fmt(folder, &[]), (Some(0), "deep/er/ugly.flo\nugly.flo\n".into(), String::new()));
    assert_eq!(read(folder, "ugly.flo"), NEAT);
    assert_eq!(read(folder, "deep/er/ugly.flo"), NEAT);
    assert_eq!(read(folder, ".hidden/ugly.flo"), UGLY);
    assert_eq!(read(folder, "ugly.txt"), UGLY);
    assert_eq!(std::fs::metadata(folder.join("neat.flo")).unwrap().modified().unwrap(), before);
    assert_eq!(fmt(folder, &[]), (Some(0), String::new(), String::new()));
    // Nothing is left beside the files.
    assert_eq!(std::fs::read_dir(folder).unwrap().count(), 5);
    // A file that is named is formatted whatever it is called, and once.
    assert_eq!(fmt(folder, &["ugly.txt", "ugly.txt"]).1, "ugly.txt\n");
}

#[test]
fn check_writes_nothing_and_shows_what_would_change() {
    let folder = scratch();
    let folder = folder.path();
    write(folder, "ugly.flo", UGLY);
    write(folder, "ends.flo", "a(1);\r\n");
    write(folder, "neat.flo", NEAT);
    let (code, out, err) = fmt(folder, &["--check", "."]);
    assert_eq!(
        out,
        "ends.flo would change\n       only at the ends of its lines\n\
         ugly.flo would change\n     1 - a(1);b( 2 );   // two\n     1 + a(1);\n     2 + b(2); // two\n"
    );
    assert_eq!(err, "error: 2 files are not in the style; `floret fmt` changes that\n");
    assert_eq!(code, Some(1));
    assert_eq!(read(folder, "ugly.flo"), UGLY);
    assert_eq!(fmt(folder, &["--check", "neat.flo"]), (Some(0), String::new(), String::new()));
}

#[test]
fn what_is_no_program_is_left_and_the_others_are_done() {
    let folder = scratch();
    let folder = folder.path();
    write(folder, "a_wrong.flo", WRONG);
    std::fs::write(folder.join("b_bytes.flo"), b"a(\"\xff\");").unwrap();
    write(folder, "ugly.flo", UGLY);
    let (code, out, err) = fmt(folder, &["."]);
    assert_eq!((code, out.as_str()), (Some(1), "ugly.flo\n"));
    for part in [
        "a_wrong.flo:1:4",
        "expected `,` or `)`",
        "a_wrong.flo: 1 error found",
        "b_bytes.flo: the text is not UTF-8 (byte 3)",
        "error: 2 files are left as they are",
    ] {
        assert!(err.contains(part), "{part}: {err}");
    }
    assert_eq!(read(folder, "a_wrong.flo"), WRONG);
    assert_eq!(read(folder, "ugly.flo"), NEAT);
    let (code, _, err) = fmt(folder, &["missing.flo"]);
    assert!(code == Some(1) && err.contains("missing.flo: there is no such file"), "{err}");
    let (code, _, err) = fmt(scratch().path(), &[]);
    assert!(code == Some(1) && err.contains("there is no .flo file"), "{err}");
}

#[test]
fn stdin_goes_to_stdout() {
    assert_eq!(stdin(&["-"], UGLY.as_bytes()), (Some(0), NEAT.into(), String::new()));
    let (code, out, err) = stdin(&["-"], WRONG.as_bytes());
    assert!(code == Some(1) && out.is_empty() && err.contains("stdin:1:4"), "{err}");
    let (code, out, _) = stdin(&["-", "--check"], UGLY.as_bytes());
    assert!(code == Some(1) && out.starts_with("stdin would change\n     1 - a(1);b"), "{out}");
    assert_eq!(stdin(&["-", "--check"], NEAT.as_bytes()), (Some(0), String::new(), String::new()));
    assert_eq!(stdin(&["-", "a.flo"], b"").0, Some(2));
}

#[cfg(unix)]
#[test]
fn links_and_permissions_stay() {
    use std::os::unix::fs::PermissionsExt;
    let folder = scratch();
    let folder = folder.path();
    write(folder, "real/ugly.flo", UGLY);
    std::fs::set_permissions(folder.join("real/ugly.flo"), std::fs::Permissions::from_mode(0o640)).unwrap();
    std::os::unix::fs::symlink("real/ugly.flo", folder.join("link.flo")).unwrap();
    // A link in a circle is not followed.
    std::os::unix::fs::symlink("..", folder.join("real/up")).unwrap();
    assert_eq!(fmt(folder, &["link.flo"]).1, "link.flo\n");
    assert!(folder.join("link.flo").is_symlink());
    assert_eq!(read(folder, "real/ugly.flo"), NEAT);
    let mode = std::fs::metadata(folder.join("real/ugly.flo")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
    assert_eq!(fmt(folder, &["."]), (Some(0), String::new(), String::new()));
    std::fs::write(folder.join("ugly.flo"), UGLY).unwrap();
    std::fs::set_permissions(folder.join("ugly.flo"), std::fs::Permissions::from_mode(0o440)).unwrap();
    let (code, _, err) = fmt(folder, &["ugly.flo"]);
    assert!(code == Some(3) && err.contains("ugly.flo: the file may not be written"), "{err}");
    assert_eq!(read(folder, "ugly.flo"), UGLY);
}

/// What the project shows as Floret is as `floret fmt` writes it: its programs, and those on its pages.
#[test]
fn the_projects_own_programs_are_in_the_style() {
    let files = fmt(&root(), &["--check", "examples", "stdlib"]);
    assert_eq!(files, (Some(0), String::new(), String::new()));
    let folder = scratch();
    let folder = folder.path();
    let mut count = 0;
    for page in book::pages() {
        let blocks = book::blocks(&page);
        let programs = blocks.iter().filter(|block| block.info.split_whitespace().next() == Some("flo"));
        for block in programs {
            let page = page.strip_prefix(root()).unwrap().with_extension("");
            write(folder, &format!("{}/line-{}.flo", page.display(), block.line), &block.text);
            count += 1;
        }
    }
    assert!(count >= 25, "{count} programs on pages");
    assert_eq!(fmt(folder, &["--check"]), (Some(0), String::new(), String::new()));
}
