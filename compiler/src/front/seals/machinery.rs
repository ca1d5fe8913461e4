//! What is written out for a sealed channel: at the producers what was sent and counted, at the receivers what came.
//!
//! A seal never overtakes its rows: a key is closed from the tick after its seal on, and only then its rows are counted; the
//! receiver waits until as many rows with the same digest are there. Both are sets, so repetitions count once. Rows that come
//! again when all of their key were there are left out: by then what came may be forgotten (`forget`).

use floret_ir::{BinaryOp, RuleOp, Span};
use floret_lang::tree::{Call, Clause, CollectionKind, ColumnDecl, Expr, Literal, Statement};

use super::channel::Sealed;
use crate::front::build::Build;

/// The receiver's column. No column of a program is called so, nor are the next three.
const TO: &str = "$to";
/// The producer's column.
const FROM: &str = "$from";
const COUNT: &str = "$count";
const DIGEST: &str = "$digest";
/// Digests are sums of hashes below this, so that those of 2^32 rows fit.
const DIGEST_PRIME: i128 = 1_000_000_007;

/// Writes out one channel.
pub(super) struct Machinery<'s> {
    sealed: &'s Sealed,
    /// Whether a name in an expression stands for a value of the program.
    is_value: &'s dyn Fn(&str) -> bool,
    build: Build,
}

impl<'s> Machinery<'s> {
    pub fn new(sealed: &'s Sealed, is_value: &'s dyn Fn(&str) -> bool) -> Self {
        Machinery { sealed, is_value, build: Build { span: sealed.span } }
    }

    fn var(&self, column: &ColumnDecl) -> Expr {
        self.build.column_variable(column, self.is_value)
    }
    fn row(&self) -> Vec<Expr> {
        self.sealed.columns.iter().map(|column| self.var(column)).collect()
    }
    fn key(&self) -> Vec<Expr> {
        self.sealed
            .key
            .iter()
            .filter_map(|&number| Some(self.var(self.sealed.columns.get(number)?)))
            .collect()
    }
    /// The row with `_` in all columns that are not of the key.
    fn any_of_key(&self) -> Vec<Expr> {
        let value = |(number, column)| {
            if self.sealed.key.contains(&number) { self.var(column) } else { self.build.wildcard() }
        };
        self.sealed.columns.iter().enumerate().map(value).collect()
    }
    fn key_columns(&self) -> Vec<ColumnDecl> {
        self.sealed.key.iter().filter_map(|&number| self.sealed.columns.get(number).cloned()).collect()
    }
    /// A column before others.
    fn with(&self, name: &str, role: &str, columns: Vec<ColumnDecl>) -> Vec<ColumnDecl> {
        std::iter::once(self.build.column(name, role)).chain(columns).collect()
    }
    fn counted(&self, mut columns: Vec<ColumnDecl>) -> Vec<ColumnDecl> {
        columns.extend([self.build.column(COUNT, "int"), self.build.column(DIGEST, "int")]);
        columns
    }
    fn to(&self, rest: Vec<Expr>) -> Vec<Expr> {
        std::iter::once(self.build.var(TO)).chain(rest).collect()
    }
    fn from(&self, rest: Vec<Expr>) -> Vec<Expr> {
        std::iter::once(self.build.var(FROM)).chain(rest).collect()
    }
    fn now(&self, head: &str, args: Vec<Expr>, body: Vec<Literal>) -> Statement {
        self.build.rule(self.build.call(head, args), RuleOp::Now, body)
    }
    fn next(&self, head: &str, args: Vec<Expr>, of: Literal) -> Statement {
        self.build.rule(self.build.call(head, args), RuleOp::Next, vec![of])
    }
    fn later(&self, channel: &str, args: Vec<Expr>, body: Vec<Literal>) -> Statement {
        let place = Some(Box::new(self.build.var(TO)));
        self.build.rule(Call { place, ..self.build.call(channel, args) }, RuleOp::Later, body)
    }
    fn and(&self, mut values: Vec<Expr>, more: [Expr; 2]) -> Vec<Expr> {
        values.extend(more);
        values
    }
    /// Count and digest of rows.
    fn aggregates(&self) -> [Expr; 2] {
        let build = self.build;
        let mut row = self.row();
        let hashed = match row.len() {
            1 => row.remove(0),
            _ => build.expr(floret_lang::tree::ExprKind::Tuple(row)),
        };
        let part =
            build.binary(BinaryOp::Remainder, build.apply("hash", vec![hashed]), build.int(DIGEST_PRIME));
        [build.apply("count", Vec::new()), build.apply("sum", vec![part])]
    }
    fn numbers(&self) -> [Expr; 2] {
        [self.build.var(COUNT), self.build.var(DIGEST)]
    }
    fn none(&self) -> [Expr; 2] {
        [self.build.int(0), self.build.int(0)]
    }
    /// That the producer is, or isn't, the one that the row names.
    fn owner(&self, op: BinaryOp, producer: Expr) -> Option<Literal> {
        let column = self.sealed.columns.get(self.sealed.owner?)?;
        Some(Literal::Expr(self.build.binary(op, self.var(column), producer)))
    }

    /// The collections.
    pub fn collections(&self) -> Vec<Statement> {
        let Sealed { from, on, columns, .. } = self.sealed;
        let (build, sealed) = (self.build, self.sealed);
        let sender = || vec![Clause::From(build.name(from))];
        let table = |name: &str, columns, on: &str| {
            build.collection(CollectionKind::Table, name, columns, on, Vec::new())
        };
        let view = |name: &str, columns, on: &str| {
            build.collection(CollectionKind::View, name, columns, on, Vec::new())
        };
        let rows = || self.with(TO, on, columns.clone());
        let came = |columns| self.with(FROM, from, columns);
        let mut made: Vec<Statement> =
            (1..=sealed.rules).map(|number| view(&sealed.rows(number), rows(), from)).collect();
        made.extend([
            table(&sealed.sent(), rows(), from),
            table(&sealed.closed(), self.with(TO, on, self.key_columns()), from),
            table(&sealed.counted(), self.with(TO, on, self.key_columns()), from),
            view(&sealed.count(), self.counted(self.with(TO, on, self.key_columns())), from),
            view(&sealed.refused(), rows(), from),
            build.collection(
                CollectionKind::Channel,
                &sealed.message(),
                self.counted(self.key_columns()),
                on,
                sender(),
            ),
            table(&sealed.got(), came(columns.clone()), on),
            table(&sealed.told(), self.counted(came(self.key_columns())), on),
            view(&sealed.have(), self.counted(came(self.key_columns())), on),
            table(&sealed.done(), came(self.key_columns()), on),
            table(&sealed.over(), came(self.key_columns()), on),
            view(&sealed.open(), self.key_columns(), on),
            view(&sealed.kept(), columns.clone(), on),
            view(&sealed.sealed(), self.key_columns(), on),
        ]);
        made
    }

    /// The rules at the producers.
    pub fn producer(&self, places: &[Span]) -> Vec<Statement> {
        let (build, sealed) = (self.build, self.sealed);
        let mut made = Vec::new();
        for (number, &place) in (1..).zip(places) {
            // At the rule that sends, so that reports name it.
            let own = Machinery { build: Build { span: place }, ..*self };
            let rows = || own.build.atom(&sealed.rows(number), own.to(own.row()));
            let sent = || own.build.atom(&sealed.sent(), own.to(own.row()));
            let mut admitted = vec![rows(), own.build.not(&sealed.closed(), own.to(own.key()))];
            admitted.extend(own.owner(BinaryOp::Equal, own.build.myself()));
            made.push(own.now(&sealed.sent(), own.to(own.row()), admitted));
            made.push(own.later(&sealed.name, own.row(), vec![rows(), sent()]));
            let unsent = || own.build.not(&sealed.sent(), own.to(own.row()));
            let late = vec![
                rows(),
                own.build.atom(&sealed.closed(), own.to(own.key())),
                unsent(),
                own.build.error(),
            ];
            made.push(own.now(&sealed.refused(), own.to(own.row()), late));
            if let Some(foreign) = own.owner(BinaryOp::NotEqual, own.build.myself()) {
                made.push(own.now(
                    &sealed.refused(),
                    own.to(own.row()),
                    vec![rows(), foreign, own.build.error()],
                ));
            }
        }
        let closed = || build.atom(&sealed.closed(), self.to(self.key()));
        let uncounted = || build.not(&sealed.counted(), self.to(self.key()));
        made.push(self.now(
            &sealed.count(),
            self.and(self.to(self.key()), self.aggregates()),
            vec![closed(), build.atom(&sealed.sent(), self.to(self.row())), uncounted()],
        ));
        made.push(self.next(&sealed.counted(), self.to(self.key()), closed()));
        let counted = build.atom(&sealed.count(), self.and(self.to(self.key()), self.numbers()));
        made.push(self.later(&sealed.message(), self.and(self.key(), self.numbers()), vec![counted]));
        let unsent = build.not(&sealed.sent(), self.to(self.any_of_key()));
        let none = vec![closed(), unsent, uncounted()];
        made.push(self.later(&sealed.message(), self.and(self.key(), self.none()), none));
        made
    }

    /// The rules at the receivers.
    pub fn receiver(&self) -> Vec<Statement> {
        let (build, sealed) = (self.build, self.sealed);
        let sender = |rest: Vec<Expr>| std::iter::once(build.var("sender")).chain(rest).collect::<Vec<_>>();
        let any_from = |rest: Vec<Expr>| std::iter::once(build.wildcard()).chain(rest).collect::<Vec<_>>();
        let told = |numbers| build.atom(&sealed.told(), self.and(self.from(self.key()), numbers));
        let got = || build.atom(&sealed.got(), self.from(self.row()));
        let done = || build.atom(&sealed.done(), any_from(self.key()));
        let nobody = [build.wildcard(), build.wildcard()];
        let mut made = vec![
            self.now(
                &sealed.got(),
                sender(self.row()),
                vec![build.atom(&sealed.name, self.row()), build.not(&sealed.over(), sender(self.key()))],
            ),
            self.next(
                &sealed.over(),
                self.from(self.key()),
                build.atom(&sealed.done(), self.from(self.key())),
            ),
            self.now(
                &sealed.told(),
                self.and(sender(self.key()), self.numbers()),
                vec![build.atom(&sealed.message(), self.and(self.key(), self.numbers()))],
            ),
            // Counted once there is something to compare it with.
            self.now(
                &sealed.have(),
                self.and(self.from(self.key()), self.aggregates()),
                vec![told(nobody), got()],
            ),
            self.now(
                &sealed.done(),
                self.from(self.key()),
                vec![
                    told(self.numbers()),
                    build.atom(&sealed.have(), self.and(self.from(self.key()), self.numbers())),
                ],
            ),
            self.now(
                &sealed.done(),
                self.from(self.key()),
                vec![told(self.none()), build.not(&sealed.got(), self.from(self.any_of_key()))],
            ),
            self.now(&sealed.kept(), self.row(), vec![build.atom(&sealed.got(), any_from(self.row()))]),
        ];
        match sealed.owner.and_then(|owner| sealed.columns.get(owner)) {
            Some(owner) => {
                let by_owner = std::iter::once(self.var(owner)).chain(self.key()).collect();
                made.push(self.now(&sealed.sealed(), self.key(), vec![build.atom(&sealed.done(), by_owner)]));
            }
            None => {
                let undone = build.not(&sealed.done(), self.from(self.key()));
                let member = build.atom(&sealed.from, vec![build.var(FROM)]);
                made.push(self.now(&sealed.open(), self.key(), vec![done(), member, undone]));
                let open = build.not(&sealed.open(), self.key());
                made.push(self.now(&sealed.sealed(), self.key(), vec![done(), open]));
            }
        }
        made
    }
}
