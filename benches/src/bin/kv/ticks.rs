//! What the store's ticks cost, without a node around the engine.

use std::time::{Duration, Instant};

use floret_dataflow::{Dataflow, Options};
use floret_ir::{Arrivals, Engine, InputRow, Message, Send, Site};

use crate::floret::{Asks, Cluster};
use crate::store::Store;
use crate::system::Result;

/// So many ticks with requests are measured.
const TICKS: usize = 3000;

/// Prints what a tick of so many requests takes, and the one after it that its writes ask for.
pub fn print() -> Result<()> {
    println!("| requests a tick | by differences | a tick, median us | the tick after a write, median us |");
    println!("|---|---|---|---|");
    for by_differences in [false, true] {
        for requests in [1, 64, 1024] {
            let (tick, after) = measure(requests, by_differences)?;
            println!("| {requests} | {by_differences} | {:.1} | {:.1} |", micros(tick), micros(after));
        }
    }
    Ok(())
}

fn micros(mut of: Vec<Duration>) -> f64 {
    of.sort_unstable();
    of.get(of.len() / 2).copied().unwrap_or_default().as_secs_f64() * 1e6
}

fn measure(requests: usize, by_differences: bool) -> Result<(Vec<Duration>, Vec<Duration>)> {
    let addresses = vec![String::new(), String::new()];
    let cluster = Cluster::new(crate::text("kv")?, false, addresses)?;
    let (server, client) = (cluster.node("Server", 0)?, cluster.node("Client", 0)?);
    let plan = cluster.plan(server.role)?;
    let site = Site { me: server, deployment: cluster.deployment().clone() };
    let options = Options { by_differences, ..Options::default() };
    let failed = |error| format!("{error:?}");
    let mut engine = Dataflow::new(cluster.program(), plan, &site, options).map_err(failed)?;
    let mut store = Store::new(&cluster)?;
    let (mut ticks, mut after) = (Vec::new(), Vec::new());
    let mut measured = false;
    while ticks.len() < TICKS {
        let asks: Vec<InputRow> = (0..requests).map_while(|_| store.ask()).collect();
        let asks: Vec<Send> = asks.into_iter().filter_map(|ask| store.route(client, ask)).collect();
        if asks.is_empty() {
            // The keys have their first values.
            measured = true;
            store.load.measure(Duration::from_secs(3600));
            continue;
        }
        let message = |Send { relation, row, .. }| Message { relation, row, sender: client };
        let arrivals = Arrivals { messages: asks.into_iter().map(message).collect(), ..Arrivals::default() };
        let begin = Instant::now();
        let effects = engine.tick(&arrivals).map_err(failed)?;
        let took = begin.elapsed();
        for Send { relation, row, .. } in effects.sends {
            store.hear(&Message { relation, row, sender: server })?;
        }
        if measured {
            ticks.push(took);
        }
        if effects.again {
            let begin = Instant::now();
            engine.tick(&Arrivals::default()).map_err(failed)?;
            if measured {
                after.push(begin.elapsed());
            }
        }
    }
    Ok((ticks, after))
}
