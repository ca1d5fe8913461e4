//! Random programs of the whole language as tokens, written after the grammar, with everything that may be written in
//! more than one way: commas at ends, parentheses that change nothing, lone `;`. What stands between the tokens is
//! random too: spaces, line ends, comments of every kind.

use std::fmt::Write;

/// Numbers to choose by; when they are used up every choice is the first, which is the smallest.
pub struct Choices<'a> {
    numbers: std::slice::Iter<'a, u32>,
    tokens: Vec<String>,
    comments: usize,
}

/// How loosely an expression may bind, as the grammar's levels: 0 `or` to 6 unary, 7 postfix.
type Level = u32;

const NAMES: [&str; 12] =
    ["a", "b", "key", "from", "x", "at", "Server", "path_of_a_long_name", "on", "sealed", "role", "_x"];

/// A program of at most about 12 statements.
pub fn program(numbers: &[u32]) -> String {
    let mut choices = Choices { numbers: numbers.iter(), tokens: Vec::new(), comments: 0 };
    let count = choices.below(6) + choices.below(7);
    choices.statements(count, 2);
    choices.text()
}

impl Choices<'_> {
    fn below(&mut self, limit: u32) -> u32 {
        self.numbers.next().map_or(0, |number| number % limit)
    }

    fn chance(&mut self, of: u32) -> bool {
        self.below(of) == of - 1
    }

    fn one<'t>(&mut self, of: &[&'t str]) -> &'t str {
        of[self.below(of.len() as u32) as usize]
    }

    fn put(&mut self, tokens: &str) {
        self.tokens.extend(tokens.split(' ').map(str::to_owned));
    }

    fn name(&mut self) {
        let name = self.one(&NAMES);
        self.put(name);
    }

    fn path(&mut self) {
        self.name();
        if self.chance(6) {
            self.put("::");
            self.name();
        }
    }

    /// Items between commas, perhaps with one at the end.
    fn list(&mut self, least: u32, last_comma: bool, mut item: impl FnMut(&mut Self)) {
        let count = if self.chance(12) { 8 } else { least + self.below(3) };
        for at in 0..count {
            if at > 0 {
                self.put(",");
            }
            item(self);
        }
        if last_comma && count > 0 && self.chance(4) {
            self.put(",");
        }
    }

    fn statements(&mut self, count: u32, depth: u32) {
        for _ in 0..count {
            self.statement(depth);
            while self.chance(12) {
                self.put(";");
            }
        }
    }

    fn statement(&mut self, depth: u32) {
        while self.chance(10) {
            self.put("@");
            self.name();
            if self.chance(2) {
                self.put("(");
                self.list(0, true, |c| c.expr(0, 1));
                self.put(")");
            }
        }
        match self.below(if depth > 0 { 21 } else { 16 }) {
            0 | 1 => {
                self.call(2);
                self.put(";");
            }
            2..=4 => {
                self.rule();
                self.put(";");
            }
            5 | 6 => {
                self.collection(true);
                self.put(";");
            }
            7 => {
                match self.below(3) {
                    0 => self.put("role A"),
                    1 => self.put("durable role A"),
                    _ => self.put("role A durable"),
                }
                self.put(";");
            }
            8 => {
                let word = self.one(&["output", "confluent"]);
                self.put(word);
                self.path();
                self.put(";");
            }
            9 => {
                self.put("timer beat every");
                self.expr(0, 1);
                if self.chance(2) {
                    self.put("on");
                    self.name();
                }
                self.put(";");
            }
            10 => {
                self.put("seal");
                self.rule();
                self.put(";");
            }
            11 => {
                let word = self.one(&["const", "param"]);
                self.put(word);
                self.name();
                let is_param = word == "param";
                if is_param || self.chance(2) {
                    self.put(":");
                    self.ty(2);
                }
                if !is_param || self.chance(2) {
                    self.put("=");
                    self.expr(0, 3);
                }
                self.put(";");
            }
            12 => {
                self.put("fn f (");
                self.list(0, true, Self::column);
                self.put(") ->");
                self.ty(2);
                self.put("=");
                self.expr(0, 3);
                self.put(";");
            }
            13 => self.type_declaration(),
            14 => {
                self.put("lattice l over");
                self.ty(2);
                self.put("= merge ( a , b ) ->");
                self.expr(0, 3);
                self.put(";");
            }
            15 => {
                self.put("invariant");
                self.name();
                if self.chance(2) {
                    self.put("\"why\"");
                }
                self.put(":");
                self.list(1, false, Self::literal);
                self.put(";");
            }
            16 => {
                self.put("use");
                if self.chance(2) {
                    self.put("\"f.flo\"")
                } else {
                    self.path()
                }
                if self.chance(2) {
                    self.put("(");
                    self.list(0, true, |c| {
                        c.name();
                        c.put("=");
                        c.expr(0, 1);
                    });
                    self.put(")");
                }
                if self.chance(2) {
                    self.put("as");
                    self.name();
                }
                self.put(";");
            }
            17..=19 => {
                match self.below(3) {
                    0 => {
                        self.put("on");
                        self.name();
                    }
                    1 => self.put("monotone"),
                    _ => {
                        self.put("module");
                        self.name();
                        if self.chance(2) {
                            self.put("(");
                            self.list(0, true, Self::module_param);
                            self.put(")");
                        }
                    }
                }
                self.put("{");
                let count = self.below(4);
                self.statements(count, depth - 1);
                self.put("}");
            }
            _ => self.test(),
        }
    }

    fn type_declaration(&mut self) {
        if self.chance(2) {
            self.put("struct S {");
            self.list(0, true, Self::column);
        } else {
            self.put("enum E {");
            self.list(0, true, |c| {
                c.name();
                if c.chance(2) {
                    c.put("(");
                    c.list(0, true, |c| c.ty(2));
                    c.put(")");
                }
            });
        }
        self.put("}");
        if self.chance(3) {
            self.put(";");
        }
    }

    fn test(&mut self) {
        self.put("test \"t\"");
        if self.chance(2) {
            self.put("with");
            self.list(1, false, |c| {
                c.name();
                c.put("=");
                match c.below(3) {
                    0 => c.put("3"),
                    1 => c.path(),
                    _ => {
                        c.put("(");
                        c.expr(0, 2);
                        c.put(")");
                    }
                }
            });
        }
        self.put("{");
        for _ in 0..self.below(4) {
            match self.below(3) {
                0 => {
                    self.put("at");
                    self.expr(0, 1);
                    self.put(":");
                    self.call(1);
                }
                1 => {
                    self.put("eventually");
                    self.literal();
                }
                _ => {
                    let word = self.one(&["always", "never"]);
                    self.put(word);
                    self.literal();
                }
            }
            self.put(";");
            while self.chance(12) {
                self.put(";");
            }
        }
        self.put("}");
    }

    fn module_param(&mut self) {
        match self.below(3) {
            0 => self.column(),
            1 => {
                self.put("role");
                self.name();
            }
            _ => self.collection(false),
        }
    }

    fn column(&mut self) {
        self.name();
        self.put(":");
        self.ty(2);
    }

    fn collection(&mut self, sealed: bool) {
        while self.chance(4) {
            let modifier = self.one(&["input", "output", "mutable", "static"]);
            self.put(modifier);
        }
        let kind = self.one(&["table", "view", "event", "channel"]);
        self.put(kind);
        self.name();
        self.put("(");
        self.list(0, true, Self::column);
        if self.chance(2) {
            self.put("=>");
            self.list(0, true, Self::column);
        }
        self.put(")");
        let mut placed = false;
        while self.chance(3) {
            match self.below(if sealed { 7 } else { 6 }) {
                0 if !placed => {
                    placed = true;
                    self.put("on");
                    self.name();
                    if self.chance(3) {
                        self.put("[");
                        self.expr(0, 1);
                        self.put("]");
                    }
                }
                0 | 1 => self.put("lossy"),
                2 => self.put("reliable"),
                3 => self.put("durable"),
                4 => {
                    self.put("from");
                    self.name();
                }
                5 => {
                    self.put("ordered");
                    if self.chance(2) {
                        self.put("via");
                        self.name();
                    }
                }
                _ => {
                    self.put("sealed");
                    if self.chance(2) {
                        self.put("by");
                        self.list(1, false, Self::name);
                    }
                }
            }
        }
    }

    fn ty(&mut self, depth: u32) {
        match self.below(if depth > 0 { 5 } else { 2 }) {
            0 | 1 => self.path(),
            2 | 3 => {
                self.path();
                self.put("<");
                self.list(1, false, |c| c.ty(depth - 1));
                self.put(">");
            }
            _ => {
                self.put("(");
                self.list(0, true, |c| c.ty(depth - 1));
                self.put(")");
            }
        }
    }

    fn rule(&mut self) {
        self.call(2);
        let op = self.one(&["<=", "<+", "<-", "<+-", "<~"]);
        self.put(op);
        self.list(1, false, Self::literal);
    }

    fn literal(&mut self) {
        match self.below(8) {
            0..=2 => self.call(2),
            3 | 4 => self.expr(0, 4),
            5 => {
                self.put("!");
                self.call(2);
            }
            6 => {
                self.put("let");
                self.name();
                self.put("=");
                self.expr(0, 4);
            }
            _ => {
                self.name();
                self.put("in");
                self.expr(0, 2);
            }
        }
    }

    fn call(&mut self, depth: u32) {
        self.path();
        if self.chance(4) {
            self.put("@");
            match self.below(4) {
                0 => self.path(),
                1 => self.put("self"),
                2 => {
                    self.path();
                    self.put("[");
                    self.expr(0, depth.saturating_sub(1));
                    self.put("]");
                }
                _ => {
                    self.put("(");
                    self.expr(0, depth.saturating_sub(1));
                    self.put(")");
                }
            }
        }
        self.put("(");
        self.list(0, true, |c| {
            if c.chance(4) {
                c.name();
                c.put(":");
            }
            c.expr(0, depth.saturating_sub(1));
        });
        self.put(")");
    }

    /// Any expression that may stand where the grammar wants this level. At its right end it may have an `if`.
    fn expr(&mut self, level: Level, depth: u32) {
        self.expr_at(level, depth, true);
    }

    fn expr_at(&mut self, level: Level, depth: u32, may_end_in_if: bool) {
        if depth == 0 {
            return self.simple();
        }
        let depth = depth - 1;
        if may_end_in_if && self.chance(8) {
            self.put("if");
            self.expr(0, depth);
            self.put("then");
            self.expr(0, depth);
            self.put("else");
            return self.expr(0, depth);
        }
        // A level from this one on, `7` more often than the others.
        match (level + self.below(12)).min(7) {
            0 => self.binary(&["or"], 0, 1, depth, may_end_in_if),
            1 => self.binary(&["and"], 1, 2, depth, may_end_in_if),
            2 => {
                self.put("not");
                self.expr_at(2, depth, may_end_in_if);
            }
            3 => self.binary(&["==", "!=", "<", "<=", ">", ">="], 4, 4, depth, may_end_in_if),
            4 => self.binary(&["+", "-"], 4, 5, depth, may_end_in_if),
            5 => self.binary(&["*", "/", "%"], 5, 6, depth, may_end_in_if),
            6 => {
                self.put("-");
                self.expr_at(6, depth, may_end_in_if);
            }
            _ => self.postfix(depth),
        }
    }

    fn binary(&mut self, ops: &[&str], left: Level, right: Level, depth: u32, may_end_in_if: bool) {
        self.expr_at(left, depth, false);
        let op = self.one(ops);
        self.put(op);
        self.expr_at(right, depth, may_end_in_if);
    }

    fn postfix(&mut self, depth: u32) {
        match self.below(9) {
            0 => self.simple(),
            1 | 2 => {
                self.put("(");
                self.expr(0, depth);
                self.put(")");
            }
            3 => self.call(depth),
            4 => {
                self.expr_at(7, depth, false);
                self.put("[");
                self.expr(0, depth);
                self.put("]");
            }
            5 => {
                self.expr_at(7, depth, false);
                self.put(".");
                self.name();
            }
            6 => {
                self.put("(");
                self.expr(0, depth);
                self.put(",");
                self.list(0, true, |c| c.expr(0, depth));
                self.put(")");
            }
            7 => {
                self.put("[");
                self.list(0, true, |c| c.expr(0, depth));
                self.put("]");
            }
            _ if self.chance(2) => {
                self.path();
                self.put("{");
                self.list(1, true, |c| {
                    c.name();
                    c.put(":");
                    c.expr(0, depth);
                });
                self.put("}");
            }
            _ => {
                self.put("match");
                self.expr(0, depth);
                self.put("{");
                self.list(0, true, |c| {
                    c.expr(0, depth);
                    c.put("=>");
                    c.expr(0, depth);
                });
                self.put("}");
            }
        }
    }

    fn simple(&mut self) {
        if self.chance(3) {
            let simple = [
                "1",
                "1_000",
                "2.50",
                "1e-3",
                "500ms",
                "1.5s",
                "_",
                "self",
                "true",
                "false",
                "\"a\\u{41}\\n\"",
                "b\"\\x00\\\"\"",
                "\"a_text_that_is_so_long_that_two_of_them_do_not_fit_on_a_line_together\"",
            ];
            let simple = self.one(&simple);
            self.put(simple);
        } else {
            self.path();
        }
    }

    /// The tokens with what stands between them.
    fn text(mut self) -> String {
        let mut text = String::new();
        if self.chance(20) {
            text.push('\u{FEFF}');
        }
        let tokens = std::mem::take(&mut self.tokens);
        // In some texts comments are rare, so that long lines get no help from them.
        let rare = [4, 40, 400][self.below(3) as usize];
        for token in tokens {
            self.between(&mut text, rare);
            text += &token;
            text.push_str(self.one(&[" ", " ", " ", "\n", "\r\n"]));
        }
        self.between(&mut text, rare);
        if self.chance(2) {
            text.truncate(text.trim_end().len());
        }
        text
    }

    fn between(&mut self, text: &mut String, rare: u32) {
        while self.chance(rare) {
            self.comments += 1;
            let number = self.comments;
            let _ = match self.below(10) {
                0 => write!(text, "/* {number} */ "),
                1 => writeln!(text, "// {number}"),
                2 => write!(text, "\n    // {number}\n"),
                3 => write!(text, "\n\n// {number}  \n\n"),
                4 => writeln!(text, "/// {number}"),
                5 => write!(text, "\n/// {number}\n"),
                6 => write!(text, "\n /* {number}\n  second\n\n    third */"),
                7 => write!(text, "\n/* {number} */\n"),
                8 => {
                    let column = text.lines().last().map_or(0, |line| line.chars().count());
                    write!(text, "// {number}\n{:column$}// below {number}\r\n", "")
                }
                _ => write!(text, "\n\n\n"),
            };
        }
    }
}
