//! What the grammar could read next, in words.

/// The tokens that the grammar could read next, as it names them.
#[derive(Clone, Copy)]
pub struct Expected<'a>(pub &'a [String]);

/// Marks and words worth telling, in the order to tell them.
const TOLD: [&str; 19] = [
    ",", ")", "]", "}", ";", "then", "else", "=>", ":", "=", "->", ">", "every", "over", "merge", "by", "in",
    "{", "(",
];

/// Of those, the ones that are worth telling after a complete expression: the rest only could continue it.
const TOLD_AFTER_EXPRESSION: usize = 8;

impl Expected<'_> {
    /// Whether this token could follow.
    pub fn has(self, token: &str) -> bool {
        self.0.iter().any(|name| name.trim_matches('"') == token)
    }

    /// Whether what stands before is a complete expression.
    pub fn after_expression(self) -> bool {
        self.has("and") && self.has("+")
    }

    /// Whether an expression could start.
    pub fn starts_expression(self) -> bool {
        self.has("NUMBER") && self.has("not")
    }

    /// "a name or `)`"
    pub fn in_words(self) -> String {
        if self.0.len() == 1 && self.has(":") {
            return "`:` and a type".to_owned();
        }
        let mut words = self.kinds();
        let marks = if words.is_empty() { self.marks() } else { self.closers() };
        words.extend(marks);
        match words.split_last() {
            None => "something else".to_owned(),
            Some((last, [])) => last.clone(),
            Some((last, before)) => format!("{} or {last}", before.join(", ")),
        }
    }

    fn kinds(self) -> Vec<String> {
        let kind = if self.starts_expression() {
            if self.has("let") { "an atom or a condition" } else { "an expression" }
        } else if self.has("NUMBER") && self.has("NAME") {
            // After an operator, where `not` can't stand.
            "an expression"
        } else if self.has("NAME") && self.has("self") {
            "a node, as `n`, `self`, `Role[e]` or `(e)`"
        } else if self.has("NAME") && self.has("(") {
            "a type"
        } else if self.has("NAME") && self.has("STRING") {
            "a file name in quotes or a module"
        } else if self.has("NAME") {
            "a name"
        } else if self.has("STRING") {
            "a text in quotes"
        } else if self.has("NUMBER") {
            "a number"
        } else {
            return Vec::new();
        };
        vec![kind.to_owned()]
    }

    fn closers(self) -> Vec<String> {
        [")", "]", "}", "=>"].iter().filter(|mark| self.has(mark)).map(|mark| format!("`{mark}`")).collect()
    }

    fn marks(self) -> Vec<String> {
        let after_expression = self.after_expression();
        let told = if after_expression { &TOLD[..TOLD_AFTER_EXPRESSION] } else { &TOLD[..] };
        let mut marks: Vec<String> =
            told.iter().filter(|mark| self.has(mark)).map(|mark| format!("`{mark}`")).collect();
        if self.has("<~") && !after_expression {
            marks.push("an operator such as `<=`".to_owned());
        }
        if self.has("on") && self.has("from") {
            marks.push("a clause such as `on Role`".to_owned());
        }
        if marks.is_empty() {
            marks.extend(self.0.iter().take(3).map(|name| format!("`{}`", name.trim_matches('"'))));
        }
        marks
    }
}
