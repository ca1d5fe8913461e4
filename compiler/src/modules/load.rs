//! A program's files: the one that was named, and all that its `use` statements name, each read and parsed once.

use std::collections::{HashMap, HashSet, VecDeque};

use floret_ir::{Diagnostics, FileId, IndexVec, Source, Sources, Span, closest};
use floret_lang::tree::{Path, Statement, StatementKind, Tree, UseTarget};

use super::findings::{TooMuchText, UnknownLibrary, UnreadableFile};

/// The most files of a program.
const MOST_FILES: usize = 1_000;
/// The most text of a program, in bytes, all files together.
const MOST_TEXT: usize = 64 << 20;

/// What the first part of a library module's path is: `std::quorum`.
const LIBRARY: &str = "std";

/// Where the texts of modules come from.
pub trait Loader {
    /// The text of the file at `path`: what `use` says, taken from the folder of the file that says it.
    ///
    /// # Errors
    /// Why there is none, in a few words.
    fn load(&self, path: &str) -> Result<String, String>;
    /// The text of the library's module `std::NAME`.
    fn shipped(&self, name: &str) -> Option<&str>;
    /// The names of the library's modules.
    fn shipped_names(&self) -> Vec<&str>;
}

/// A loader for programs of one file: there are no other files, and there is no library.
#[derive(Clone, Copy, Debug)]
pub struct OneFile;

impl Loader for OneFile {
    fn load(&self, _: &str) -> Result<String, String> {
        Err("other files can't be used here".to_owned())
    }
    fn shipped(&self, _: &str) -> Option<&str> {
        None
    }
    fn shipped_names(&self) -> Vec<&str> {
        Vec::new()
    }
}

/// A program's files. The first is the program itself.
#[derive(Clone, Debug)]
pub struct Files {
    /// Names and texts.
    pub sources: Sources,
    pub(super) trees: IndexVec<FileId, Tree>,
    /// The files that `use` statements name, by the place of what they name. One that is missing could not be read.
    pub(super) targets: HashMap<Span, FileId>,
    /// Files with statements that could not be read.
    pub(super) incomplete: HashSet<FileId>,
}

impl Files {
    /// The tree of the program's own file.
    pub fn main(&self) -> Option<&Tree> {
        self.trees.get(FileId(0))
    }
}

/// Whether a path names a module of the library.
pub(super) fn is_library(path: &Path) -> bool {
    path.parts.len() > 1 && path.parts.first().is_some_and(|first| first.text == LIBRARY)
}

/// Reads a program: its file is named `name` and holds `text`.
pub fn load(name: &str, text: &str, loader: &dyn Loader, sink: &mut Diagnostics) -> Files {
    let files = Files {
        sources: Sources::new(),
        trees: IndexVec::new(),
        targets: HashMap::new(),
        incomplete: HashSet::new(),
    };
    let mut reader =
        Reader { files, loader, by_name: HashMap::new(), bytes: text.len(), waiting: VecDeque::new() };
    reader.read(name.to_owned(), text, sink);
    while let Some(file) = reader.waiting.pop_front() {
        let mut uses = Vec::new();
        collect_uses(&reader.files.trees[file].statements, &mut uses);
        for target in uses {
            if let Some(found) = reader.find(file, &target, sink) {
                reader.files.targets.insert(target.span(), found);
            }
        }
    }
    reader.files
}

/// What a `use` names, apart from modules of the same file.
enum Target {
    File(String, Span),
    Library(String, Span),
}

impl Target {
    fn span(&self) -> Span {
        match self {
            Target::File(_, span) | Target::Library(_, span) => *span,
        }
    }
}

fn collect_uses(statements: &[Statement], uses: &mut Vec<Target>) {
    for statement in statements {
        if let StatementKind::Use { target, .. } = &statement.kind {
            match target {
                UseTarget::File(path) => uses.push(Target::File(path.text.clone(), path.span)),
                UseTarget::Path(path) if is_library(path) => {
                    let rest: Vec<&str> = path.parts.iter().skip(1).map(|part| part.text.as_str()).collect();
                    uses.push(Target::Library(rest.join("::"), path.span));
                }
                UseTarget::Path(_) => {}
            }
        } else if let StatementKind::On { statements, .. }
        | StatementKind::Monotone(statements)
        | StatementKind::Module { statements, .. } = &statement.kind
        {
            collect_uses(statements, uses);
        }
    }
}

struct Reader<'l> {
    files: Files,
    loader: &'l dyn Loader,
    by_name: HashMap<String, Option<FileId>>,
    /// All texts together.
    bytes: usize,
    /// Files whose `use`s were not looked at yet.
    waiting: VecDeque<FileId>,
}

impl Reader<'_> {
    fn read(&mut self, name: String, text: &str, sink: &mut Diagnostics) -> FileId {
        let file = self.files.sources.push(Source { name: name.clone(), text: text.to_owned() });
        let mut found = Diagnostics::new();
        self.files.trees.push(floret_lang::parse(text, file, &mut found));
        if found.has_errors() {
            self.files.incomplete.insert(file);
        }
        found.sorted().into_iter().for_each(|found| sink.add(found));
        self.by_name.insert(name, Some(file));
        self.waiting.push_back(file);
        file
    }

    fn find(&mut self, from: FileId, target: &Target, sink: &mut Diagnostics) -> Option<FileId> {
        let using = self.files.sources[from].name.clone();
        let name = match target {
            Target::File(path, _) => beside(&using, path),
            Target::Library(name, _) => format!("{LIBRARY}::{name}"),
        };
        if let Some(known) = self.by_name.get(&name) {
            return *known;
        }
        let text = match target {
            Target::File(path, span) => self.file(&using, path, &name, *span, sink),
            Target::Library(module, span) => self.of_library(module, *span, sink),
        };
        let found = text.and_then(|text| {
            self.bytes = self.bytes.saturating_add(text.len());
            if self.files.sources.len() >= MOST_FILES || self.bytes > MOST_TEXT {
                sink.push(TooMuchText { span: target.span(), files: MOST_FILES, bytes: MOST_TEXT });
                return None;
            }
            Some(self.read(name.clone(), &text, sink))
        });
        // A file that can't be read is reported where it is named first.
        self.by_name.insert(name, found);
        found
    }

    fn file(
        &self,
        using: &str,
        path: &str,
        name: &str,
        span: Span,
        sink: &mut Diagnostics,
    ) -> Option<String> {
        let text = if using.starts_with("std::") {
            Err("modules of the library have no files beside them".to_owned())
        } else {
            self.loader.load(name)
        };
        let report =
            |why| sink.push(UnreadableFile { path: path.to_owned(), tried: name.to_owned(), why, span });
        text.map_err(report).ok()
    }

    fn of_library(&self, module: &str, span: Span, sink: &mut Diagnostics) -> Option<String> {
        let found = self.loader.shipped(module);
        if found.is_none() {
            let modules: Vec<String> =
                self.loader.shipped_names().iter().map(|name| format!("{LIBRARY}::{name}")).collect();
            let suggestion =
                closest(module, self.loader.shipped_names()).map(|name| format!("{LIBRARY}::{name}"));
            let name = format!("{LIBRARY}::{module}");
            sink.push(UnknownLibrary { name, span, suggestion, modules });
        }
        found.map(str::to_owned)
    }
}

/// The path of a file that the file at `using` names as `path`. Steps back (`..`) are taken in the text of the path, so
/// that one file has one name.
fn beside(using: &str, path: &str) -> String {
    let folder =
        if path.starts_with('/') { "" } else { using.rsplit_once('/').map_or("", |(folder, _)| folder) };
    let rooted = path.starts_with('/') || using.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            // Above the root is the root.
            ".." if rooted => {}
            part => parts.push(part),
        }
    }
    format!("{}{}", if rooted { "/" } else { "" }, parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::beside;

    #[test]
    fn paths_are_taken_from_the_using_files_folder() {
        for (using, path, expected) in [
            ("main.flo", "lib.flo", "lib.flo"),
            ("a/main.flo", "lib.flo", "a/lib.flo"),
            ("a/main.flo", "./b/../lib.flo", "a/lib.flo"),
            ("a/b/main.flo", "../../lib.flo", "lib.flo"),
            ("main.flo", "../lib.flo", "../lib.flo"),
            ("../x/main.flo", "../../lib.flo", "../../lib.flo"),
            ("/srv/main.flo", "../../lib.flo", "/lib.flo"),
            ("a/main.flo", "/srv/lib.flo", "/srv/lib.flo"),
        ] {
            assert_eq!(beside(using, path), expected, "{path} in {using}");
        }
    }
}
