//! Diagnostics to text, through codespan-reporting (nothing else in Floret knows it).

use std::ops::Range;

use codespan_reporting::diagnostic as codespan;
use codespan_reporting::files::{Error, Files};
use codespan_reporting::term;
use codespan_reporting::term::termcolor::Buffer;
use floret_ir::{Diagnostic, FileId, Severity, Source, Sources, Span};

/// The diagnostics as text for people, an empty line after each.
pub fn render(diagnostics: &[Diagnostic], sources: &Sources, color: bool) -> String {
    let index = SourceIndex::new(sources);
    let mut buffer = if color { Buffer::ansi() } else { Buffer::no_color() };
    let config = term::Config { chars: term::Chars::ascii(), ..term::Config::default() };
    for diagnostic in diagnostics {
        let marked = with_labels(diagnostic, &index);
        // It fails only on places outside the sources; without labels there are none.
        if term::emit_to_write_style(&mut buffer, &config, &index, &marked).is_err() {
            let bare = without_labels(diagnostic);
            let _ = term::emit_to_write_style(&mut buffer, &config, &index, &bare);
        }
    }
    let text = String::from_utf8_lossy(buffer.as_slice());
    // Spaces at the ends of lines are a burden in tests; between colour codes they stay.
    if color {
        text.into_owned()
    } else {
        text.lines().map(|line| format!("{}\n", line.trim_end())).collect()
    }
}

fn without_labels(diagnostic: &Diagnostic) -> codespan::Diagnostic<FileId> {
    let severity = match diagnostic.severity {
        Severity::Warning => codespan::Severity::Warning,
        Severity::Error => codespan::Severity::Error,
    };
    let notes = diagnostic.notes.iter().map(|note| hanging("note: ", note));
    let help = diagnostic.help.iter().map(|help| hanging("help: ", help));
    codespan::Diagnostic::new(severity)
        .with_code(&diagnostic.code)
        .with_message(&diagnostic.title)
        .with_notes(notes.chain(help).collect())
}

/// Further lines are indented like the first.
fn hanging(mark: &str, text: &str) -> String {
    format!("{mark}{}", text.replace('\n', &format!("\n{:width$}", "", width = mark.len())))
}

fn with_labels(diagnostic: &Diagnostic, index: &SourceIndex<'_>) -> codespan::Diagnostic<FileId> {
    let mut marked = without_labels(diagnostic);
    for label in &diagnostic.labels {
        let style =
            if label.primary { codespan::LabelStyle::Primary } else { codespan::LabelStyle::Secondary };
        let Some(range) = index.range(label.span) else { continue };
        match index.in_long_line(label.span.file, &range) {
            Some(place) => marked.notes.push(format!("{place}: {}", label.text)),
            None => marked
                .labels
                .push(codespan::Label::new(style, label.span.file, range).with_message(&label.text)),
        }
    }
    marked
}

/// Lines with more bytes are not shown: a generated file can be one line.
const SHOWN_LINE: usize = 1000;

/// The sources with their lines' beginnings.
struct SourceIndex<'a> {
    files: Vec<(&'a Source, Vec<usize>)>,
}

impl<'a> SourceIndex<'a> {
    fn new(sources: &'a Sources) -> Self {
        let lines = |source: &Source| codespan_reporting::files::line_starts(&source.text).collect();
        SourceIndex { files: sources.iter().map(|source| (source, lines(source))).collect() }
    }

    fn file(&self, id: FileId) -> Result<&(&'a Source, Vec<usize>), Error> {
        self.files.get(id.0 as usize).ok_or(Error::FileMissing)
    }

    /// The span's bytes, cut to the text and to whole characters; `None` in an unknown file.
    fn range(&self, span: Span) -> Option<Range<usize>> {
        let (source, _) = self.file(span.file).ok()?;
        let text = &source.text;
        let end = text.ceil_char_boundary((span.end as usize).min(text.len()));
        let start = text.floor_char_boundary((span.start as usize).min(end));
        Some(start..end)
    }

    /// The place in words, if its line is too long to show.
    fn in_long_line(&self, file: FileId, range: &Range<usize>) -> Option<String> {
        let (source, _) = self.file(file).ok()?;
        let is_long = |at| {
            let line = self.line_index(file, at).and_then(|line| self.line_range(file, line));
            line.is_ok_and(|line| line.len() > SHOWN_LINE)
        };
        if !is_long(range.start) && !is_long(range.end) {
            return None;
        }
        let (line, column) = source.line_column(range.start as u32);
        Some(format!("{}:{line}:{column}", source.name))
    }
}

impl<'a> Files<'a> for SourceIndex<'_> {
    type FileId = FileId;
    type Name = &'a str;
    type Source = &'a str;

    fn name(&'a self, id: FileId) -> Result<&'a str, Error> {
        Ok(&self.file(id)?.0.name)
    }

    fn source(&'a self, id: FileId) -> Result<&'a str, Error> {
        Ok(&self.file(id)?.0.text)
    }

    fn line_index(&'a self, id: FileId, byte_index: usize) -> Result<usize, Error> {
        let (_, starts) = self.file(id)?;
        Ok(starts.partition_point(|start| *start <= byte_index).saturating_sub(1))
    }

    fn line_range(&'a self, id: FileId, line_index: usize) -> Result<Range<usize>, Error> {
        let (source, starts) = self.file(id)?;
        let too_large = Error::LineTooLarge { given: line_index, max: starts.len().saturating_sub(1) };
        let start = *starts.get(line_index).ok_or(too_large)?;
        Ok(start..starts.get(line_index + 1).copied().unwrap_or(source.text.len()))
    }
}
