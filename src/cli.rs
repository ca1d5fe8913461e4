//! The command line.

use std::path::PathBuf;

use crate::bad_rows::BadRows;
use clap::{Args, Parser, Subcommand, ValueEnum};

/// Floret: a Datalog-style dataflow language for distributed programs.
///
/// A program is a set of rules over collections; roles say where collections live; a message is a rule whose head
/// lives elsewhere. `floret check` says which results could depend on message order, `floret run` runs a program on
/// this machine, one process per node.
#[derive(Debug, Parser)]
#[command(name = "floret", version, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a program on this machine until its inputs are at their end and nothing is under way.
    Run(RunArgs),
    /// Check a program, and say which of its outputs could depend on the order of messages.
    Check(CheckArgs),
    /// Say of each rule where it runs, what it joins there and which messages it sends.
    Explain(ExplainArgs),
    /// Compile a program to an artifact that nodes load, or print a stage of the compiler.
    Build(BuildArgs),
    /// Lay programs out in the one style of Floret; what they mean and every comment stays.
    Fmt(FmtArgs),
    /// Try things out: type declarations, facts, rules and queries, and see at once what follows.
    Repl(ReplArgs),
    /// Run a program's nodes in virtual time, on a network where things go wrong, and see whether its invariants hold.
    Sim(SimArgs),
    /// Run a program's tests in the simulator, each under many seeds, and see whether what they expect comes.
    Test(TestArgs),
    /// Run one node of a compiled program; start one per line of cluster.toml, on any host.
    Node(NodeArgs),
}

/// Arguments of `floret run`.
#[derive(Debug, Args)]
#[command(after_help = "\
EXAMPLES
  floret run examples/hello/hello.flo --data examples/hello
  floret run routes.flo --input link=links.csv.gz --out results
  floret run kv.flo --nodes Server=3,Client=2 --input set@Client[0]=writes.jsonl

INPUT FILES
  CSV with a header line that names the columns in any order, or one JSON object per line (.jsonl);
  each also .gz; `-` is stdin. Row n goes to node n modulo their count, unless the input says
  otherwise in the program (`on Worker[hash(name)]`) or here (`NAME@Role[i]=FILE`).

OUTPUTS
  Tables and views as they end, events and channels every row they ever held. They print as tables
  on a terminal, as CSV elsewhere; with --out they become DIR/NAME.csv, sorted.

EXIT CODES
  0 done, 1 the program or its data is wrong, 2 the command line is wrong, 3 the system failed,
  130 interrupted (after the running tick, with the outputs written)")]
pub struct RunArgs {
    /// A program (.flo) or an artifact (.floret).
    pub program: PathBuf,
    /// Read an input from a file: NAME=FILE, or NAME@Role[i]=FILE for one node; `-` is stdin.
    #[arg(long = "input", short, value_name = "NAME=FILE")]
    pub inputs: Vec<String>,
    /// Read every input not named by --input from DIR/NAME.csv or DIR/NAME.jsonl (also .gz), where there is one.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Write the outputs to DIR/NAME.csv instead of printing them.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// How outputs are written: `table` and `csv` and `jsonl` to stdout, `csv` and `jsonl` to the files of --out.
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub format: Option<OutputFormat>,
    /// What becomes of input records that are no rows: `end` the run before anything is written, or `skip=FILE`: set
    /// them aside in FILE (JSON lines: input, file, line, column, problem, record) and go on.
    #[arg(long, value_name = "WHAT", default_value = "end")]
    pub bad_rows: BadRows,
    /// How many nodes of each role, as Server=3,Client=2; one where not said.
    #[arg(long, value_name = "ROLE=N,...", value_delimiter = ',')]
    pub nodes: Vec<String>,
    /// Run on the nodes of a cluster file, which `floret node` starts on their hosts (before this or soon after). The file
    /// says `stop_with_coordinator = true`; the nodes get the same --param, and the same --seed (without it, 0). --engine,
    /// --workers and --tick-limit are theirs to say.
    #[arg(long, value_name = "FILE", conflicts_with_all = [
        "nodes", "record", "replay", "data_dir", "ticks", "engine", "workers", "tick_limit",
    ])]
    pub cluster: Option<PathBuf>,
    /// Set a parameter of the program (`param replicas: int = 3;`), as replicas=5.
    #[arg(long = "param", value_name = "NAME=VALUE")]
    pub params: Vec<String>,
    /// What `random()` and `any(x)` go by; without it every run has another.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Stop after this time, as 10s or 1m30s. A program with timers runs until it is stopped: by this, by --ticks or by
    /// Ctrl-C.
    #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
    pub span: Option<i64>,
    /// Stop after so many ticks (programs that run as one node).
    #[arg(long, value_name = "N")]
    pub ticks: Option<u64>,
    /// Dataflow threads of each node.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub workers: usize,
    /// Rounds of recursion after which a tick counts as endless.
    #[arg(long, value_name = "ROUNDS", default_value_t = 1_000_000)]
    pub tick_limit: u64,
    /// Rows of input events per tick.
    #[arg(long, value_name = "ROWS", default_value_t = 1_000)]
    pub batch: usize,
    /// Which evaluator runs the ticks.
    #[arg(long, value_enum, default_value_t = EngineKind::Dataflow)]
    pub engine: EngineKind,
    /// Record all that arrives, tick by tick: in FILE, or, for several nodes, in a file of each in the directory FILE.
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// Run a recorded node again, with its arrivals, times and seeds: it gives the same outputs.
    #[arg(long, value_name = "FILE", conflicts_with_all = [
        "inputs", "data", "nodes", "params", "seed", "span", "ticks", "record", "bad_rows",
    ])]
    pub replay: Option<PathBuf>,
    /// Keep the data of durable roles' nodes below DIR, each in a directory of its own (DIR/Server-0); a later run goes on
    /// from there. (With it, and without --seed, the seed is 0.)
    #[arg(long, value_name = "DIR", conflicts_with = "replay")]
    pub data_dir: Option<PathBuf>,
    /// Write the nodes' counters (ticks, messages, rows derived per collection) to FILE as JSON.
    #[arg(long, value_name = "FILE")]
    pub stats: Option<PathBuf>,
    /// No progress line, no summary.
    #[arg(long, short)]
    pub quiet: bool,
}

/// Arguments of `floret sim`.
#[derive(Debug, Args)]
#[command(after_help = "\
EXAMPLES
  floret sim kv.flo --nodes Server=3 --input set=writes.csv --seeds 1000 --faults loss=5%,crash=2,restart
  floret sim kv.flo --nodes Server=3 --input set=writes.csv --seed 17 --faults loss=5% --trace --svg run.svg

FAULTS
  loss=5%      a frame is lost, and the connection with it; of a lossy channel only the rows are lost
  dup=5%       a frame arrives twice, the second time later than others
  delay=1..20  how long frames take (1 to 10 ms where not said); times are milliseconds or have a unit
  crash=2      so many crashes in a run, at any point of a tick: before it, before it is on disk (what was
               being written survives in part), before its messages are sent, after that
  restart      crashed nodes come back, after 20 to 500 ms; or restart=1s..5s
  partition    the nodes are cut into two sides for some time; or partition=3 times
  pause        a node stands still for some time; or pause=3 times
  skew         clocks are up to 100 ms off; or skew=2s

EXIT CODES
  0 nothing went wrong that shouldn't, 1 a claim is wrong or the program or its data is, 2 the command line is wrong,
  3 the system failed, 130 interrupted")]
pub struct SimArgs {
    /// A program (.flo) or an artifact (.floret).
    pub program: PathBuf,
    /// Read an input from a file: NAME=FILE, or NAME@Role[i]=FILE for one node; `-` is stdin.
    #[arg(long = "input", short, value_name = "NAME=FILE")]
    pub inputs: Vec<String>,
    /// Read every input not named by --input from DIR/NAME.csv or DIR/NAME.jsonl (also .gz), where there is one.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// How many nodes of each role, as Server=3,Client=2; one where not said.
    #[arg(long, value_name = "ROLE=N,...", value_delimiter = ',')]
    pub nodes: Vec<String>,
    /// Set a parameter of the program (`param replicas: int = 3;`), as replicas=5.
    #[arg(long = "param", value_name = "NAME=VALUE")]
    pub params: Vec<String>,
    /// The first seed: the same seed gives the same run.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// How many seeds to run, one after the other, until something is wrong.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seeds: u64,
    /// What goes wrong (default: nothing); see below.
    #[arg(long, value_name = "FAULT,...", default_value = "", hide_default_value = true)]
    pub faults: floret_sim::faults::FaultSpec,
    /// Stop a run after this much virtual time, as 10s; without it after 10s if the program has timers, else when nothing
    /// is under way any more (or after 10 minutes).
    #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
    pub span: Option<i64>,
    /// Print all that happens (of the run that is told, if several were run).
    #[arg(long)]
    pub trace: bool,
    /// Draw the run as a space-time picture (of the run that is told, if several were run).
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
    /// Rounds of recursion after which a tick counts as endless.
    #[arg(long, value_name = "ROUNDS", default_value_t = 1_000_000)]
    pub tick_limit: u64,
    /// No progress line.
    #[arg(long, short)]
    pub quiet: bool,
}

/// Arguments of `floret test`.
#[derive(Debug, Args)]
#[command(after_help = "\
EXAMPLES
  floret test kv.flo
  floret test kv.flo --seeds 1000 --faults loss=5%,dup=5%,delay=1..20,partition
  floret test kv.flo --only \"a write is read back\" --seed 17 --trace

A test is a block of the program:

  test \"a write is read back\" with Server = 3, Client = 2 {
      at 0: set@Client[0](\"x\", \"1\");
      at 50ms: set@Client[1](\"y\", \"2\");
      eventually kv@Server[hash(\"x\")](\"x\", \"1\");
      never kv@s(\"y\", _), kv@t(\"y\", _), s != t;
  }

Each runs once without faults, and then under every seed with those of --faults (see `floret sim --help`). It fails if
something doesn't come that should, or the other way around, if an invariant of the program is violated, if two
different rows for one key meet, or if a node fails. The first seed that fails is told in as little as it takes.

EXIT CODES
  0 all tests passed, 1 a test failed or the program is wrong, 2 the command line is wrong, 3 the system failed,
  130 interrupted")]
pub struct TestArgs {
    /// A program (.flo).
    pub program: PathBuf,
    /// How many seeds each test runs under (default: 100; 1 with --seed).
    #[arg(long, value_name = "N")]
    pub seeds: Option<u64>,
    /// The first seed (default: 0): the same seed gives the same run.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// What goes wrong (default: nothing), as `floret sim --help` has it.
    #[arg(long, value_name = "FAULT,...", default_value = "", hide_default_value = true)]
    pub faults: String,
    /// Run only the test of this name.
    #[arg(long, value_name = "NAME")]
    pub only: Option<String>,
    /// Set a parameter of the program (`param replicas: int = 3;`), as replicas=5.
    #[arg(long = "param", value_name = "NAME=VALUE")]
    pub params: Vec<String>,
    /// Stop a run after this much virtual time from its last `at` on; without it after 10s if the program has timers, else
    /// when nothing is under way any more (or after 10 minutes).
    #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
    pub span: Option<i64>,
    /// Print all that happens in a failing run.
    #[arg(long)]
    pub trace: bool,
    /// Rounds of recursion after which a tick counts as endless.
    #[arg(long, value_name = "ROUNDS", default_value_t = 1_000_000)]
    pub tick_limit: u64,
    /// No progress line.
    #[arg(long, short)]
    pub quiet: bool,
}

/// A duration of more than nothing, in nanoseconds.
fn duration(text: &str) -> Result<i64, String> {
    let why = "write a number and a unit (d, h, m, s, ms, us, ns), as in 10s or 1m30s";
    floret_ir::time::parse_duration(text).filter(|span| *span > 0).ok_or_else(|| why.to_owned())
}

/// How outputs are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// Aligned columns for people.
    Table,
    /// Comma-separated values with a header.
    Csv,
    /// One JSON object per row.
    Jsonl,
}

/// Which evaluator runs the ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum EngineKind {
    /// Compiled timely and differential dataflows.
    Dataflow,
    /// The reference evaluator: slow, simple, the definition of what programs mean.
    Reference,
}

/// Arguments of `floret check`.
#[derive(Debug, Args)]
#[command(after_help = "\
EXIT CODES
  0 the program is fine, 1 it has errors, an assertion (`confluent`, `monotone`) that doesn't hold, or, with
  --deny order, a point of order that isn't accepted, 2 the command line is wrong")]
pub struct CheckArgs {
    /// The program.
    pub program: PathBuf,
    /// For people (points of order on stderr, outputs on stdout), or for tools (all on stdout).
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "text")]
    pub format: CheckFormat,
    /// How long to look, for each point of order, for two message orders with two outcomes: the program is run on small
    /// inputs. `--witness` alone is `long`.
    #[arg(long, value_enum, value_name = "HOW", default_value_t = Effort::Short, default_missing_value = "long",
        num_args = 0..=1, require_equals = true)]
    pub witness: Effort,
    /// Fail (exit code 1) if a result could depend on the order of messages.
    #[arg(long, value_enum, value_name = "WHAT")]
    pub deny: Option<Deny>,
}

/// How long `floret check` looks for runs that differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Effort {
    /// Not at all.
    None,
    /// 32 inputs for each point.
    Short,
    /// 160 inputs for each point.
    Long,
}

/// How `floret check` says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CheckFormat {
    /// Diagnostics and a summary.
    Text,
    /// JSON, as docs/coordination.md describes it.
    Json,
    /// SARIF 2.1.0, for editors and code review.
    Sarif,
}

/// What `floret check` can be told to deny.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Deny {
    /// Points of order.
    Order,
}

/// Arguments of `floret explain`.
#[derive(Debug, Args)]
#[command(after_help = "\
EXAMPLES
  floret explain kv.flo
  floret explain kv.flo reply
  floret explain kv.flo 3
  floret explain kv.flo --fix         the ways out of the points of order, by numbers
  floret explain kv.flo --fix 2       what the second one changes
  floret explain kv.flo --fix 2 --write

A rule that reads at several places is shown as the messages and local joins that it is made of. A message goes through
a channel of the compiler's, as `$rule3_1`, the first of the third rule.")]
pub struct ExplainArgs {
    /// A program (.flo) or an artifact (.floret).
    pub program: PathBuf,
    /// A collection: what it is, its stratum, whether it depends on order, and the rules that fill it. Or the number
    /// of a rule in the order of the text, from 1. All rules, if left out.
    #[arg(value_name = "NAME|NUMBER")]
    pub what: Option<String>,
    /// Show what a way out of a point of order changes in the program; without a number list them all.
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "0", conflicts_with = "what")]
    pub fix: Option<usize>,
    /// With --fix: change the file.
    #[arg(long, requires = "fix")]
    pub write: bool,
    /// With --fix, for a way out that accepts a point: why.
    #[arg(long, requires = "fix", value_name = "TEXT", default_value = "")]
    pub reason: String,
}

/// Arguments of `floret build`.
#[derive(Debug, Args)]
pub struct BuildArgs {
    /// The program.
    pub program: PathBuf,
    /// Print a stage instead of writing an artifact.
    #[arg(long, value_enum, value_name = "STAGE")]
    pub emit: Option<Stage>,
    /// Where to write: the artifact (default: PROGRAM with the ending .floret) or the printed stage (default: stdout).
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Leave the plans as they are first lowered.
    #[arg(long)]
    pub unoptimized: bool,
}

/// A stage of the compiler, to be printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Stage {
    /// What the lexer reads.
    Tokens,
    /// The syntax tree.
    Tree,
    /// The checked program: names resolved, typed, placed.
    Program,
    /// The order in which a tick's rules are evaluated.
    Strata,
    /// The class of each collection, and why.
    Coordination,
    /// The operators of each role.
    Plan,
    /// The plan as a graph for graphviz.
    Dot,
}

/// Arguments of `floret fmt`.
#[derive(Debug, Args)]
#[command(after_help = "\
EXAMPLES
  floret fmt                        every .flo file below the current directory
  floret fmt kv.flo examples        a file, and every .flo file below a directory
  floret fmt --check                change nothing; fail if a file would change (in CI, before a commit)
  floret fmt - < kv.flo             from stdin to stdout (for an editor)

STYLE
  At most 100 characters a line, blocks indented by 4; what fits is on one line, else rules go on
  after the operator with a literal a line, and declarations with a column a line. Empty lines between
  statements stay (one), and so does the spelling of numbers and texts. Comments at the ends of
  adjacent lines are aligned. There is nothing to configure.

EXIT CODES
  0 done, 1 a file is no program (it is left as it is) or, with --check, would change,
  2 the command line is wrong, 3 a file could not be written")]
pub struct FmtArgs {
    /// Programs, and directories to look for .flo files in; `-` is stdin, to stdout. (Without any: the current
    /// directory.)
    #[arg(value_name = "FILE or DIR")]
    pub paths: Vec<PathBuf>,
    /// Write nothing; show what would change, and fail (exit code 1) if anything would.
    #[arg(long)]
    pub check: bool,
}

/// Arguments of `floret repl`.
#[derive(Debug, Args)]
#[command(after_help = "\
EXAMPLES
  floret repl
  floret repl kv.flo --nodes Server=3 --input set=set.csv
  floret repl < session.txt

Statements end in `;`; `? path(\"a\", x)` asks; `:help` lists the commands. Without a terminal there are
no prompts and no colours, and the exit code is 1 if an input was refused.")]
pub struct ReplArgs {
    /// A program (.flo) to begin with.
    pub program: Option<PathBuf>,
    /// Rows to begin with: NAME=FILE, or NAME@Role[i]=FILE for one node.
    #[arg(long = "input", short, value_name = "NAME=FILE")]
    pub inputs: Vec<String>,
    /// How many nodes of each role, as Server=3,Client=2; one where not said.
    #[arg(long, value_name = "ROLE=N,...", value_delimiter = ',')]
    pub nodes: Vec<String>,
    /// Where inputs are remembered (default: floret/history in the user's data folder).
    #[arg(long, value_name = "FILE")]
    pub history: Option<PathBuf>,
    /// Print prompts and input, as a terminal would show them: the output is a transcript.
    #[arg(long)]
    pub echo: bool,
}

/// Arguments of `floret node`.
#[derive(Debug, Args)]
#[command(after_help = "\
A node listens on its address in cluster.toml and connects to the nodes it sends to. `floret run`
starts its local nodes with this command; by hand, start one per node, on any host:

  floret build kv.flo
  floret node --artifact kv.floret --role Server --index 0 --cluster cluster.toml

A node of a durable role needs --data-dir; after a crash or a stop the same command goes on where it was.

cluster.toml lists every node of every role and a secret that they share:

  token = \"choose-one\"
  [[node]]
  role = \"Server\"
  index = 0
  address = \"10.0.0.5:7000\"")]
pub struct NodeArgs {
    /// The compiled program (`floret build`).
    #[arg(long, value_name = "FILE")]
    pub artifact: PathBuf,
    /// This node's role.
    #[arg(long)]
    pub role: String,
    /// Which member of the role this node is, from 0.
    #[arg(long)]
    pub index: u32,
    /// The nodes and their addresses.
    #[arg(long, value_name = "FILE")]
    pub cluster: PathBuf,
    /// Read an input of this node from a file: NAME=FILE. (Under `floret run` the rows come from there.)
    #[arg(long = "input", short, value_name = "NAME=FILE")]
    pub inputs: Vec<String>,
    /// Set a parameter of the program, as replicas=5; the same for all nodes.
    #[arg(long = "param", value_name = "NAME=VALUE")]
    pub params: Vec<String>,
    /// What `random()` and `any(x)` go by; the same for all nodes.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Dataflow threads.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub workers: usize,
    /// Rounds of recursion after which a tick counts as endless.
    #[arg(long, value_name = "ROUNDS", default_value_t = 1_000_000)]
    pub tick_limit: u64,
    /// Rows of input events per tick.
    #[arg(long, value_name = "ROWS", default_value_t = 1_000)]
    pub batch: usize,
    /// Which evaluator runs the ticks.
    #[arg(long, value_enum, default_value_t = EngineKind::Dataflow)]
    pub engine: EngineKind,
    /// Record all that arrives, tick by tick, in FILE (if that is a directory: in a file of this node there).
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// Keep a durable node's data below DIR, in a directory of its own (DIR/Server-0). Started again, the node goes on from
    /// there.
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Stop when standard input ends; `floret run` starts its nodes this way, so that none outlives it.
    #[arg(long)]
    pub stop_with_stdin: bool,
}
