//! Results as a picture: bars of time relative to the plain program, on a logarithmic scale.

use super::table::Measured;
use super::{System, Workload};

const LEFT: f64 = 150.0;
const WIDTH: f64 = 560.0;
const BAR: f64 = 12.0;
/// Factors at the left and right end of the scale.
const LEAST: f64 = 0.1;
const MOST: f64 = 1000.0;

/// A bar chart in SVG.
pub fn svg(all: &[Measured]) -> String {
    let place =
        |ratio: f64| LEFT + (ratio.clamp(LEAST, MOST) / LEAST).log10() / (MOST / LEAST).log10() * WIDTH;
    let mut body = String::new();
    let mut y = 40.0;
    for workload in Workload::ALL {
        let of: Vec<&Measured> = all.iter().filter(|measured| measured.workload == workload).collect();
        let Some(base) = of.iter().find(|measured| measured.system == System::Plain) else { continue };
        body += &format!("<text x='4' y='{}' font-weight='bold'>{}</text>\n", y + BAR - 2.0, workload.name());
        for measured in &of {
            let ratio = measured.seconds() / base.seconds();
            body += &format!(
                "<rect x='{LEFT}' y='{y}' width='{:.1}' height='{}' fill='{}'/>\
                 <text x='{:.1}' y='{:.1}'>{} {ratio:.2}</text>\n",
                place(ratio) - LEFT,
                BAR - 2.0,
                colour(measured.system),
                place(ratio) + 4.0,
                y + BAR - 3.0,
                measured.system.name(),
            );
            y += BAR;
        }
        y += BAR;
    }
    let mut grid = String::new();
    for power in -1..=3 {
        let factor = 10f64.powi(power);
        let x = place(factor);
        grid += &format!(
            "<line x1='{x:.1}' x2='{x:.1}' y1='30' y2='{y}' stroke='#ccc'/><text x='{x:.1}' y='24' text-anchor='middle'>{factor}x</text>\n"
        );
    }
    format!(
        "<svg xmlns='http://www.w3.org/2000/svg' width='{}' height='{}' font-family='sans-serif' font-size='10'>\n\
         <rect width='100%' height='100%' fill='white'/>\n\
         <text x='4' y='12' font-size='12'>Time relative to a plain Rust program (shorter is faster)</text>\n{grid}{body}</svg>\n",
        LEFT + WIDTH + 140.0,
        y + 10.0
    )
}

fn colour(system: System) -> &'static str {
    match system {
        System::Plain => "#999999",
        System::Ascent => "#d9a441",
        System::Differential(1) => "#7fa8d0",
        System::Differential(_) => "#4478ad",
        System::Floret(1) => "#d0708c",
        System::Floret(_) => "#a8325a",
    }
}
