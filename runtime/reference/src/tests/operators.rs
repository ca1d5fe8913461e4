//! Two operators on one row or key in one tick. Expected ticks are written by hand from
//! P(t+1) = (tables of T(t) minus D) plus I.

use super::check::check;

/// A set table with one rule per operator, each started by its own event; tick 1 stores row 1 if `stored`.
#[track_caller]
fn on_set(stored: bool, events: &str, second: &str, third: &str) {
    let text = "input event put(x); table t(x);
        input event now(x); input event next(x); input event del(x);
        t(x) <= put(x); t(x) <= now(x); t(x) <+ next(x); t(x) <- del(x);";
    let first = if stored { ("put(1)", "+put(1); +t(1)") } else { ("", "") };
    let arrived = parts(events);
    let arrived = arrived.iter().map(|event| format!("+{event};")).collect::<String>();
    check(text, &[first, (events, &format!("{arrived} {second}")), ("", third)]);
}

fn parts(events: &str) -> Vec<&str> {
    events.split(';').map(str::trim).filter(|part| !part.is_empty()).collect()
}

#[test]
fn pairs_of_operators_on_a_row_of_a_set() {
    // The row is not there yet.
    on_set(false, "now(1)", "+t(1)", "");
    on_set(false, "next(1)", "again", "+t(1)");
    on_set(false, "del(1)", "", "");
    on_set(false, "now(1); next(1)", "+t(1)", "");
    // `<=` and `<-` of one row: there in this tick, gone in the next.
    on_set(false, "now(1); del(1)", "+t(1); again", "-t(1)");
    // In both D and I: it stays.
    on_set(false, "next(1); del(1)", "again", "+t(1)");
    on_set(false, "now(1); next(1); del(1)", "+t(1)", "");
    // The row is there.
    on_set(true, "now(1)", "", "");
    on_set(true, "next(1)", "", "");
    on_set(true, "del(1)", "again", "-t(1)");
    on_set(true, "del(2)", "", "");
    on_set(true, "now(1); del(1)", "again", "-t(1)");
    on_set(true, "next(1); del(1)", "", "");
    on_set(true, "del(1); next(2)", "again", "-t(1); +t(2)");
}

/// A keyed table with one rule per operator, each started by its own event; tick 1 stores (1, 5) if `stored`.
#[track_caller]
fn on_key(stored: bool, events: &str, second: &str, third: &str) {
    let text = "input event put(k, v); table t(k => v);
        input event now(k, v); input event next(k, v); input event del(k, v); input event clear(k);
        input event rep(k, v);
        t(k, v) <= put(k, v); t(k, v) <= now(k, v); t(k, v) <+ next(k, v); t(k, v) <- del(k, v);
        t(k, _) <- clear(k); t(k, v) <+- rep(k, v);";
    let first = if stored { ("put(1, 5)", "+put(1, 5); +t(1, 5)") } else { ("", "") };
    let arrived = parts(events).iter().map(|event| format!("+{event};")).collect::<String>();
    check(text, &[first, (events, &format!("{arrived} {second}")), ("", third)]);
}

#[test]
fn pairs_of_operators_on_a_free_key() {
    on_key(false, "now(1, 6)", "+t(1, 6)", "");
    on_key(false, "now(1, 7); now(1, 6)", "+t(1, 6); lost t(1, 7)", "");
    on_key(false, "next(1, 7); next(1, 6)", "lost t(1, 7); again", "+t(1, 6)");
    on_key(false, "rep(1, 6)", "again", "+t(1, 6)");
    on_key(false, "rep(1, 7); rep(1, 6)", "lost t(1, 7); again", "+t(1, 6)");
    // `<+` and `<+-` compete alike.
    on_key(false, "rep(1, 7); next(1, 6)", "lost t(1, 7); again", "+t(1, 6)");
    on_key(false, "rep(1, 6); next(1, 7)", "lost t(1, 7); again", "+t(1, 6)");
    // What `<=` put in occupies the key for `<+`, and is replaced by `<+-`.
    on_key(false, "now(1, 6); next(1, 4)", "+t(1, 6); lost t(1, 4)", "");
    on_key(false, "now(1, 6); rep(1, 4)", "+t(1, 6); again", "-t(1, 6); +t(1, 4)");
    on_key(false, "now(1, 6); clear(1)", "+t(1, 6); again", "-t(1, 6)");
}

#[test]
fn pairs_of_operators_on_an_occupied_key() {
    on_key(true, "now(1, 4)", "lost t(1, 4)", "");
    on_key(true, "now(1, 5)", "", "");
    on_key(true, "next(1, 4)", "lost t(1, 4)", "");
    on_key(true, "next(1, 5)", "", "");
    on_key(true, "del(1, 4)", "", "");
    on_key(true, "del(1, 5)", "again", "-t(1, 5)");
    on_key(true, "clear(1)", "again", "-t(1, 5)");
    on_key(true, "clear(2)", "", "");
    on_key(true, "rep(1, 6)", "again", "-t(1, 5); +t(1, 6)");
    on_key(true, "rep(1, 5)", "", "");
    on_key(true, "rep(2, 6)", "again", "+t(2, 6)");
    on_key(true, "rep(1, 6); del(1, 5)", "again", "-t(1, 5); +t(1, 6)");
    on_key(true, "rep(1, 6); clear(1)", "again", "-t(1, 5); +t(1, 6)");
    on_key(true, "rep(1, 6); del(1, 6)", "again", "-t(1, 5); +t(1, 6)");
    // The delete frees the key.
    on_key(true, "next(1, 6); del(1, 5)", "again", "-t(1, 5); +t(1, 6)");
    on_key(true, "next(1, 6); clear(1)", "again", "-t(1, 5); +t(1, 6)");
    // The replace frees the key too; then the old row competes as a new one and is the least.
    on_key(true, "next(1, 5); rep(1, 6)", "lost t(1, 6)", "");
    on_key(true, "next(1, 7); rep(1, 6)", "lost t(1, 7); again", "-t(1, 5); +t(1, 6)");
    on_key(true, "rep(1, 7); rep(1, 6)", "lost t(1, 7); again", "-t(1, 5); +t(1, 6)");
    // The loser of `<=` in this tick, and a replace for the next.
    on_key(true, "now(1, 4); rep(1, 6)", "lost t(1, 4); again", "-t(1, 5); +t(1, 6)");
    on_key(true, "now(1, 4); del(1, 5)", "lost t(1, 4); again", "-t(1, 5)");
}

#[test]
fn reads_see_the_tick_not_its_outcome() {
    check(
        "input event e(x); table t(x); seen(x) <= t(x); t(x) <+ e(x); t(x) <- seen(x);",
        // Stored in tick 2, where the rule that reads it deletes it.
        &[("e(1)", "+e(1); again"), ("", "+t(1); +seen(1); again"), ("", "-t(1); -seen(1)")],
    );
}
