//! The body of an invariant, over the tables of all nodes.

use floret_ir::{Diagnostics, Program, RoleId, Span};
use floret_lang::tree::{Arg, Call, Expr, ExprKind, Literal, Name, Path};

use super::{IMPLICIT, NODE};
use crate::front::findings::{ClaimAboutClock, ClaimAboutReports, ClaimAtTwoRoles, ClaimOfNoNode};
use crate::front::split::{self, Names, OWN};

/// A call without a place.
pub(super) fn call(text: &str, args: Vec<Arg>, span: Span) -> Call {
    let path = Path { parts: vec![Name { text: text.to_owned(), span }], span };
    Call { path, place: None, args, span }
}

/// The variables of an invariant, as arguments of a head, and its body. `None`: a diagnostic was given.
pub(super) fn of(
    body: &[Literal],
    program: &Program,
    names: &Names,
    sink: &mut Diagnostics,
) -> Option<(Vec<Arg>, Vec<Literal>)> {
    let mut claim =
        Claim { program, names, sink, fits: true, own: None, asks_self: None, variables: Vec::new() };
    let mut literals: Vec<Literal> = body.iter().map(|literal| claim.literal(literal)).collect();
    let Claim { sink, fits, own, asks_self, mut variables, .. } = claim;
    match (own, asks_self) {
        (Some((role, span)), _) => {
            let role = program.roles.get(role).filter(|role| !role.implicit);
            let role = role.map_or(IMPLICIT, |role| role.name.as_str());
            let own = split::variable(OWN, span);
            let members = call(role, vec![Arg { name: None, value: own }], span);
            literals.push(Literal::Expr(Expr { kind: ExprKind::Call(members), span }));
            variables.push((OWN.to_owned(), span));
        }
        (None, Some(span)) => {
            sink.push(ClaimOfNoNode { span });
            return None;
        }
        (None, None) => {}
    }
    let mut args: Vec<Arg> = variables
        .iter()
        .map(|(text, span)| Arg { name: None, value: split::variable(text, *span) })
        .collect();
    if let (true, Some(first)) = (args.is_empty(), body.first()) {
        // A view has columns.
        let span = span_of(first);
        args.push(Arg { name: None, value: Expr { kind: ExprKind::Bool(true), span } });
    }
    fits.then_some((args, literals))
}

fn span_of(literal: &Literal) -> Span {
    match literal {
        Literal::Expr(expr) => expr.span,
        Literal::Negation(_, span) | Literal::Let(_, _, span) | Literal::In(_, _, span) => *span,
    }
}

struct Claim<'c> {
    program: &'c Program,
    names: &'c Names,
    sink: &'c mut Diagnostics,
    fits: bool,
    /// The role of the literals without a place, and the first of them.
    own: Option<(RoleId, Span)>,
    /// Where `self` is read.
    asks_self: Option<Span>,
    /// What positive literals bind, in order.
    variables: Vec<(String, Span)>,
}

impl Claim<'_> {
    fn literal(&mut self, literal: &Literal) -> Literal {
        match literal {
            Literal::Expr(Expr { kind: ExprKind::Call(call), span })
                if self.names.is_collection(call) || self.names.is_role(call) =>
            {
                let call = self.atom(call);
                for arg in &call.args {
                    self.binds(&arg.value);
                }
                Literal::Expr(Expr { kind: ExprKind::Call(call), span: *span })
            }
            Literal::Expr(value) => Literal::Expr(self.expr(value)),
            Literal::Negation(call, span) => Literal::Negation(self.atom(call), *span),
            Literal::Let(name, value, span) => {
                self.variable(name);
                Literal::Let(name.clone(), self.expr(value), *span)
            }
            Literal::In(name, value, span) => {
                self.variable(name);
                Literal::In(name.clone(), self.expr(value), *span)
            }
        }
    }

    /// An atom with its node as an argument more.
    fn atom(&mut self, call: &Call) -> Call {
        if call.path.parts.first().is_some_and(|first| first.text == "floret" && call.path.parts.len() > 1) {
            self.sink.push(ClaimAboutReports { span: call.path.span });
            self.fits = false;
        }
        let mut call = call.clone();
        for arg in &mut call.args {
            arg.value = self.expr(&arg.value);
        }
        let Some(relation) = self.program.relation_named(&split::text(&call.path)) else { return call };
        let place = call.place.take().filter(|place| place.kind != ExprKind::SelfNode);
        let node = match place {
            Some(place) => self.expr(&place),
            None => {
                self.at_own(self.program.relations[relation].role, call.path.span);
                split::variable(OWN, call.span)
            }
        };
        let by_name = call.args.iter().any(|arg| arg.name.is_some());
        let name = by_name.then(|| Name { text: NODE.to_owned(), span: call.span });
        call.args.push(Arg { name, value: node });
        call
    }

    fn at_own(&mut self, role: RoleId, span: Span) {
        let (first, first_span) = *self.own.get_or_insert((role, span));
        if first != role {
            let name =
                |role: RoleId| self.program.roles.get(role).map_or_else(String::new, |r| r.name.clone());
            let (first_role, role) = (name(first), name(role));
            self.sink.push(ClaimAtTwoRoles { first: first_span, first_role, span, role });
            self.fits = false;
        }
    }

    /// An expression whose `self` is the node of the literals without a place.
    fn expr(&mut self, expr: &Expr) -> Expr {
        self.look(expr);
        let mut expr = expr.clone();
        split::carry(&mut expr);
        expr
    }

    /// What an expression asks that no invariant can.
    fn look(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::SelfNode => {
                self.asks_self.get_or_insert(expr.span);
            }
            ExprKind::Call(call) if matches!(call.path.parts.as_slice(), [name] if matches!(name.text.as_str(), "now" | "random")) =>
            {
                let word = split::text(&call.path);
                self.sink.push(ClaimAboutClock { word, span: expr.span });
                self.fits = false;
            }
            kind => kind.children().into_iter().for_each(|child| self.look(child)),
        }
    }

    fn binds(&mut self, value: &Expr) {
        if let ExprKind::Path(path) = &value.kind
            && let [name] = path.parts.as_slice()
            && !self.names.is_value(&name.text)
            && name.text != OWN
        {
            self.variable(name);
        }
    }

    fn variable(&mut self, name: &Name) {
        if !self.variables.iter().any(|(known, _)| *known == name.text) {
            self.variables.push((name.text.clone(), name.span));
        }
    }
}
