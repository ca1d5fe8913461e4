//! The processes of local nodes. Each is in a process group of its own, so a Ctrl-C in the terminal reaches only the
//! coordinator, which stops them in order. None is left behind: they stop when their connection to the coordinator
//! closes, are killed when their handle is dropped, and `stop` waits until they are gone.

use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use floret_ir::{Address, Program};
use floret_node::ADDRESS_IN_USE_EXIT_CODE;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, ChildStderr, Command};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

/// A line of stderr is cut after this many bytes.
const LONGEST_LINE: u64 = 64 << 10;
/// After a process has ended its stderr is read for so long (someone else may hold it open).
const STDERR_PATIENCE: Duration = Duration::from_secs(1);

/// What the coordinator hears of the processes.
#[derive(Debug)]
pub(crate) enum ProcessNews {
    /// A line of stderr.
    Line(Address, String),
    /// It has ended.
    Ended(Death),
}

/// A process that has ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Death {
    /// The node.
    pub node: Address,
    /// How it ended, and its last words.
    pub how: String,
    /// Whether it ended because its address was in use.
    pub address_in_use: bool,
    /// Whether it ended in order.
    pub success: bool,
}

/// Running processes.
pub(crate) struct Processes {
    tasks: JoinSet<()>,
    kill: watch::Sender<bool>,
}

/// How to start the nodes.
pub(crate) struct Launch<'a> {
    pub exe: &'a Path,
    pub artifact: &'a Path,
    pub cluster: &'a Path,
    pub extra_args: &'a [String],
    pub program: &'a Program,
}

impl Processes {
    /// Starts a process per node.
    pub(crate) fn start(
        launch: &Launch<'_>,
        nodes: impl Iterator<Item = Address>,
        news: &mpsc::UnboundedSender<ProcessNews>,
    ) -> std::io::Result<Processes> {
        let (kill, killed) = watch::channel(false);
        let mut tasks = JoinSet::new();
        for node in nodes {
            let role = launch.program.roles.get(node.role).map_or("", |role| role.name.as_str());
            let mut command = Command::new(launch.exe);
            command.arg("node").arg("--artifact").arg(launch.artifact).args(["--role", role]);
            command.arg("--index").arg(node.index.to_string()).arg("--cluster").arg(launch.cluster);
            command.args(launch.extra_args);
            // A node sees the end of its standard input when this process is gone, however it ended.
            command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
            command.process_group(0).kill_on_drop(true);
            let child = command.spawn()?;
            tasks.spawn(watch_over(node, child, killed.clone(), news.clone()));
        }
        Ok(Processes { tasks, kill })
    }

    /// Waits until all have ended; after `patience` kills those that have not. Whether it had to kill none.
    pub(crate) async fn stop(mut self, patience: Duration) -> bool {
        let all = async { while self.tasks.join_next().await.is_some() {} };
        if timeout(patience, all).await.is_ok() {
            return true;
        }
        // Fails only if nobody is left.
        let _ = self.kill.send(true);
        while self.tasks.join_next().await.is_some() {}
        false
    }
}

async fn watch_over(
    node: Address,
    mut child: Child,
    mut killed: watch::Receiver<bool>,
    news: mpsc::UnboundedSender<ProcessNews>,
) {
    let stderr = child.stderr.take();
    // Held here: `wait` would close it.
    let _stdin = child.stdin.take();
    let (line_sender, mut last_line) = watch::channel(String::new());
    let lines = read_lines(node, stderr, news.clone(), line_sender);
    tokio::pin!(lines);
    let mut reading = true;
    let status = loop {
        tokio::select! {
            status = child.wait() => break status,
            () = &mut lines, if reading => reading = false,
            () = told_to_end(&mut killed) => {
                // Fails only if it has just ended by itself.
                let _ = child.start_kill();
                break child.wait().await;
            }
        }
    };
    if reading {
        let _ = timeout(STDERR_PATIENCE, lines).await;
    }
    let last = last_line.borrow_and_update().clone();
    // Nobody listens only when the run is over.
    let _ = news.send(ProcessNews::Ended(death(node, status, &last)));
}

/// Done when the processes are to be killed, or nobody is left who could say so.
async fn told_to_end(killed: &mut watch::Receiver<bool>) {
    let _ = killed.wait_for(|killed| *killed).await;
}

fn death(node: Address, status: std::io::Result<ExitStatus>, last_line: &str) -> Death {
    let mut how = match &status {
        Ok(status) => status.to_string(),
        Err(error) => format!("its end was not seen ({error})"),
    };
    if !last_line.is_empty() {
        how.push_str("; its last words: ");
        how.push_str(last_line);
    }
    let code = status.ok().and_then(|status| status.code());
    let address_in_use = code == Some(i32::from(ADDRESS_IN_USE_EXIT_CODE));
    Death { node, how, address_in_use, success: code == Some(0) }
}

async fn read_lines(
    node: Address,
    stderr: Option<ChildStderr>,
    news: mpsc::UnboundedSender<ProcessNews>,
    last_line: watch::Sender<String>,
) {
    let Some(stderr) = stderr else { return };
    let mut reader = BufReader::new(stderr);
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        match (&mut reader).take(LONGEST_LINE).read_until(b'\n', &mut bytes).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let line = String::from_utf8_lossy(&bytes).trim_end().to_owned();
        if !line.is_empty() {
            last_line.send_replace(line.clone());
            // Nobody listens only when the run is over.
            let _ = news.send(ProcessNews::Line(node, line));
        }
    }
}
