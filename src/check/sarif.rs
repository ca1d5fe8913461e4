//! `floret check --format sarif`: the Static Analysis Results Interchange Format, OASIS, version 2.1.0.

use serde_json::{Value, json};

use floret_compiler::coordination::written;
use floret_ir::coordination::Coordination;
use floret_ir::{Diagnostic, Program, Severity, Sources, Span};

/// The log of one run. `points`: the findings of the points of order, each as a diagnostic; those that the program
/// accepts are suppressed.
pub fn log(
    diagnostics: &[Diagnostic],
    points: &[(Diagnostic, Option<String>)],
    answer: Option<(&Program, &Coordination)>,
    sources: &Sources,
) -> Value {
    let mut rules: Vec<String> = Vec::new();
    let mut results = Vec::new();
    for found in diagnostics {
        results.push(result(found, found.code.clone(), None, &mut rules, sources));
    }
    for (at, (found, accepted)) in points.iter().enumerate() {
        let kind = answer.and_then(|(_, coordination)| coordination.points.get(at)).map(|point| point.kind);
        let rule = kind
            .map_or_else(|| "order".to_owned(), |kind| format!("order/{}", kind.name().replace(' ', "-")));
        let mut result = result(found, rule, accepted.as_deref(), &mut rules, sources);
        if let Some((program, point)) =
            answer.and_then(|(program, coordination)| Some((program, coordination.points.get(at)?)))
            && !point.path.is_empty()
        {
            let steps = point.path.iter().filter_map(|step| {
                let rule = program.rules.get(step.rule)?;
                let name = |id| program.relations.get(id).map_or("", |relation| written(&relation.name));
                let text = format!("`{}` goes into `{}`", name(step.from), name(step.to));
                Some(json!({ "location": location(rule.span, &text, sources)? }))
            });
            let steps: Vec<Value> = steps.collect();
            if let Some(result) = result.as_object_mut().filter(|_| !steps.is_empty()) {
                result.insert("codeFlows".into(), json!([{ "threadFlows": [{ "locations": steps }] }]));
            }
        }
        results.push(result);
    }
    let rules: Vec<Value> =
        rules.iter().map(|id| json!({ "id": id, "shortDescription": { "text": description(id) } })).collect();
    let artifacts: Vec<Value> =
        sources.iter().map(|source| json!({ "location": { "uri": uri(&source.name) } })).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "floret",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            } },
            "columnKind": "unicodeCodePoints",
            "artifacts": artifacts,
            "results": results,
        }],
    })
}

fn result(
    found: &Diagnostic,
    rule: String,
    accepted: Option<&str>,
    rules: &mut Vec<String>,
    sources: &Sources,
) -> Value {
    let index = rules.iter().position(|known| *known == rule).unwrap_or_else(|| {
        rules.push(rule.clone());
        rules.len() - 1
    });
    let level = match found.severity {
        Severity::Warning => "warning",
        Severity::Error => "error",
    };
    let mut text = found.title.clone();
    for more in found.notes.iter().chain(&found.help) {
        text += "\n";
        text += more;
    }
    let places = |primary: bool| -> Vec<Value> {
        let labels = found.labels.iter().filter(|label| label.primary == primary);
        labels.filter_map(|label| location(label.span, &label.text, sources)).collect()
    };
    let mut result = json!({
        "ruleId": rule,
        "ruleIndex": index,
        "level": level,
        "message": { "text": text },
        "locations": places(true),
        "relatedLocations": places(false),
    });
    if let (Some(reason), Some(result)) = (accepted, result.as_object_mut()) {
        let suppression = json!([{ "kind": "inSource", "status": "accepted", "justification": reason }]);
        result.insert("suppressions".into(), suppression);
    }
    result
}

fn location(span: Span, text: &str, sources: &Sources) -> Option<Value> {
    let source = sources.get(span.file)?;
    let (line, column) = source.line_column(span.start);
    let (end_line, end_column) = source.line_column(span.end);
    let mut location = json!({ "physicalLocation": {
        "artifactLocation": { "uri": uri(&source.name), "index": span.file.0 },
        "region": { "startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column },
    } });
    if let Some(location) = location.as_object_mut().filter(|_| !text.is_empty()) {
        location.insert("message".into(), json!({ "text": text }));
    }
    Some(location)
}

/// A path as a relative reference (RFC 3986): what isn't unreserved is encoded.
fn uri(path: &str) -> String {
    let mut uri = String::new();
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(byte as char)
            }
            b'\\' => uri.push('/'),
            _ => uri += &format!("%{byte:02X}"),
        }
    }
    uri
}

fn description(rule: &str) -> String {
    match rule.strip_prefix("order/") {
        Some(kind) => {
            format!("A result depends on the order in which messages arrive: {}", kind.replace('-', " "))
        }
        None => format!("A finding of the compiler: {}", rule.replace('-', " ")),
    }
}
