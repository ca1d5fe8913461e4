//! A run as a space-time picture (SVG): a line per node from left to right, frames as arrows between them.

use std::collections::BTreeMap;
use std::fmt::Write;

use floret_ir::{Address, Deployment, Program, print};

use super::chronicle::{Chronicle, Happening, Parcel, What};
use super::telling::parcel_text;
use crate::faults::{Fault, FrameId, fault_text, milliseconds};

/// Room for the nodes' names, and at the other sides.
const LEFT: f64 = 150.0;
const MARGIN: f64 = 30.0;
/// Between two nodes' lines.
const LANE: f64 = 90.0;
/// Between two moments at which something happens. Time is not to scale: a run has long silences.
const STEP: f64 = 26.0;

/// Where things are.
struct Layout<'a> {
    program: &'a Program,
    lanes: BTreeMap<Address, f64>,
    columns: BTreeMap<i64, f64>,
    height: f64,
}

impl Layout<'_> {
    fn x(&self, at: i64) -> f64 {
        // Moments at which nothing happened are left of the next one.
        self.columns.range(at..).next().map_or_else(|| self.end(), |(_, x)| *x)
    }
    fn y(&self, node: Address) -> f64 {
        self.lanes.get(&node).copied().unwrap_or(0.0)
    }
    fn end(&self) -> f64 {
        self.columns.values().next_back().copied().unwrap_or(LEFT) + STEP
    }
}

/// Draws a run. Ticks are dots, lossless arrows are frames that arrived, dashed ones ended nowhere; a crashed node's line
/// is interrupted, a pause and a partition are shaded; what is wrong is red. Hovering over anything says what it is.
pub fn picture(chronicle: &Chronicle, program: &Program, deployment: &Deployment) -> String {
    let lanes: BTreeMap<Address, f64> =
        deployment.nodes().enumerate().map(|(at, node)| (node, 60.0 + LANE * at as f64)).collect();
    let mut columns: BTreeMap<i64, f64> =
        chronicle.happenings.iter().map(|happening| (happening.at, 0.0)).collect();
    for (at, x) in columns.values_mut().enumerate() {
        *x = LEFT + STEP * (at as f64 + 0.5);
    }
    let height = 60.0 + LANE * lanes.len() as f64;
    let layout = Layout { program, lanes, columns, height };
    let mut svg = head(layout.end() + MARGIN, height);
    times(&mut svg, &layout);
    shades(&mut svg, chronicle, &layout);
    lines(&mut svg, chronicle, &layout);
    let parcels: BTreeMap<FrameId, Parcel> = chronicle
        .happenings
        .iter()
        .filter_map(|happening| match &happening.what {
            What::Sent { frame, parcel } => Some((*frame, *parcel)),
            _ => None,
        })
        .collect();
    for Happening { at, what } in &chronicle.happenings {
        draw(&mut svg, *at, what, chronicle, &parcels, &layout);
    }
    svg.push_str("</svg>\n");
    svg
}

fn head(width: f64, height: f64) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\">\n\
         <style>\n\
         svg {{ background: #fff; font: 12px sans-serif; }}\n\
         .lane {{ stroke: #888; stroke-width: 1.5; }}\n\
         .at {{ fill: #999; font-size: 8px; }}\n\
         .shade {{ fill: #f4e3c1; opacity: 0.6; }}\n\
         .tick {{ fill: #2b6cb0; }}\n\
         .rows {{ stroke: #2b6cb0; stroke-width: 1.5; }}\n\
         .small {{ stroke: #bbb; stroke-width: 1; }}\n\
         .lost {{ stroke: #c05621; stroke-width: 1.5; stroke-dasharray: 4 3; }}\n\
         .bad {{ fill: #c53030; stroke: #c53030; }}\n\
         .label {{ fill: #333; font-size: 9px; }}\n\
         </style>\n\
         <defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" \
         orient=\"auto\"><path d=\"M0 0L8 4L0 8z\" fill=\"#555\"/></marker></defs>\n"
    )
}

fn times(svg: &mut String, layout: &Layout<'_>) {
    for (number, (at, x)) in layout.columns.iter().enumerate() {
        // Every fourth has room for its time.
        if number % 4 == 0 {
            let _ = writeln!(svg, "<text class=\"at\" x=\"{x}\" y=\"14\">{}</text>", milliseconds(*at));
        }
    }
}

fn shades(svg: &mut String, chronicle: &Chronicle, layout: &Layout<'_>) {
    for Happening { what, .. } in &chronicle.happenings {
        let (nodes, from, until) = match what {
            What::Begins(Fault::Partition { side, from, until }) => {
                (side.iter().copied().collect::<Vec<_>>(), *from, *until)
            }
            What::Begins(Fault::Pause { node, from, until }) => (vec![*node], *from, *until),
            _ => continue,
        };
        for node in nodes {
            let (x, y) = (layout.x(from), layout.y(node) - LANE / 4.0);
            let width = (layout.x(until) - x).max(STEP / 2.0);
            let title = what_title(what, layout.program);
            let _ = writeln!(
                svg,
                "<rect class=\"shade\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{}\">{title}</rect>",
                LANE / 2.0
            );
        }
    }
}

/// The nodes' names and lines, interrupted while they are down.
fn lines(svg: &mut String, chronicle: &Chronicle, layout: &Layout<'_>) {
    for (node, y) in &layout.lanes {
        let name = escape(&print::address(*node, layout.program));
        let _ = writeln!(svg, "<text x=\"10\" y=\"{}\">{name}</text>", y + 4.0);
        let mut up_since = Some(LEFT);
        let mut piece = |from: f64, to: f64| {
            let _ = writeln!(svg, "<line class=\"lane\" x1=\"{from}\" y1=\"{y}\" x2=\"{to}\" y2=\"{y}\"/>");
        };
        for Happening { at, what } in &chronicle.happenings {
            match what {
                What::Begins(Fault::Crash { node: crashed, .. }) if crashed == node => {
                    if let Some(since) = up_since.take() {
                        piece(since, layout.x(*at));
                    }
                }
                What::Ends(Fault::Crash { node: crashed, .. }) if crashed == node => {
                    up_since = Some(layout.x(*at));
                }
                _ => {}
            }
        }
        if let Some(since) = up_since {
            piece(since, layout.end());
        }
    }
}

fn draw(
    svg: &mut String,
    at: i64,
    what: &What,
    chronicle: &Chronicle,
    parcels: &BTreeMap<FrameId, Parcel>,
    layout: &Layout<'_>,
) {
    let x = layout.x(at);
    match what {
        What::Tick { record } => {
            let Some(record) = chronicle.records.get(*record) else { return };
            let y = layout.y(record.node);
            let lines = crate::trace::tick_lines(layout.program, record).join("\n");
            let title = escape(&format!("tick {} at {}\n{lines}", record.tick, milliseconds(at)));
            let _ = writeln!(
                svg,
                "<circle class=\"tick\" cx=\"{x}\" cy=\"{y}\" r=\"5\"><title>{title}</title></circle>\
                 <text class=\"label\" x=\"{}\" y=\"{}\">{}</text>",
                x - 3.0,
                y - 8.0,
                record.tick
            );
        }
        What::Arrived { frame, sent, .. } | What::Lost { frame, sent, .. } => {
            let lost = matches!(what, What::Lost { .. });
            arrow(svg, *frame, (layout.x(*sent), x), lost, parcels.get(frame), layout);
        }
        What::Begins(Fault::Crash { node, .. }) => {
            let (y, title) = (layout.y(*node), what_title(what, layout.program));
            let _ = writeln!(
                svg,
                "<path class=\"bad\" stroke-width=\"2\" d=\"M{} {}l12 12m0 -12l-12 12\">{title}</path>",
                x - 6.0,
                y - 6.0
            );
        }
        What::Wrong { claim } => {
            let (claim, bottom) = (escape(claim), layout.height - 6.0);
            let _ = writeln!(
                svg,
                "<line class=\"bad\" x1=\"{x}\" y1=\"20\" x2=\"{x}\" y2=\"{bottom}\"><title>{claim}</title></line>\
                 <text class=\"bad\" stroke=\"none\" x=\"{x}\" y=\"{bottom}\" text-anchor=\"end\">{claim}</text>"
            );
        }
        What::Stored { .. } | What::Sent { .. } | What::Broken { .. } | What::Begins(_) | What::Ends(_) => {}
    }
}

fn arrow(
    svg: &mut String,
    frame: FrameId,
    (from_x, to_x): (f64, f64),
    lost: bool,
    parcel: Option<&Parcel>,
    layout: &Layout<'_>,
) {
    let (from_y, mut to_y) = (layout.y(frame.from), layout.y(frame.to));
    let carries_rows = matches!(parcel, Some(Parcel::Rows { .. }));
    let class = match (lost, carries_rows) {
        (true, _) => "lost",
        (false, true) => "rows",
        (false, false) => "small",
    };
    let to_x = if to_x > from_x { to_x } else { from_x + STEP / 2.0 };
    let mut tip = " marker-end=\"url(#tip)\"";
    if lost {
        to_y = from_y + (to_y - from_y) * 0.6;
        tip = "";
    }
    let carried = parcel.map_or(String::new(), |parcel| parcel_text(parcel, layout.program));
    let end = if lost { ", lost" } else { "" };
    let title = escape(&format!("frame {}: {carried}{end}", frame.number));
    let _ = writeln!(
        svg,
        "<line class=\"{class}\" x1=\"{from_x}\" y1=\"{from_y}\" x2=\"{to_x}\" y2=\"{to_y}\"{tip}>\
         <title>{title}</title></line>"
    );
    if let (true, Some(Parcel::Rows { .. })) = (carries_rows, parcel) {
        let (x, y) = ((from_x + to_x) / 2.0 + 4.0, (from_y + to_y) / 2.0);
        let _ = writeln!(svg, "<text class=\"label\" x=\"{x}\" y=\"{y}\">{}</text>", escape(&carried));
    }
}

fn what_title(what: &What, program: &Program) -> String {
    match what {
        What::Begins(fault) => format!("<title>{}</title>", escape(&fault_text(fault, program))),
        _ => String::new(),
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
