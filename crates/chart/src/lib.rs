//! Charts as SVG text: pure functions, with a module of its own for each chart.
//!
//! This crate can never see contacts, charges or a ledger: it draws the figures it is given, and only figures
//! that may be published are to be given to it. It opens no file. Coordinates have at most one decimal, and
//! an amount is never read back from a chart.
//!
//! Start reading in [`deviation`], the chart of a statement. The other charts share the private modules
//! `picture` (SVG), `scale` (axes), `labels` and `text`.

pub mod breakeven;
pub mod bridge;
#[cfg(test)]
mod check;
pub mod deviation;
pub mod fan;
pub mod frame;
pub mod funnel;
pub mod histogram;
mod labels;
mod picture;
pub mod range;
mod scale;
pub mod spine;
mod staggered;
mod text;
pub mod tornado;
pub mod xmr;

/// Colours of the project. The page templates in `crates/paper/templates` repeat those that they use.
pub mod colour {
    pub const INK: &str = "#1e2b2e";
    /// Secondary text.
    pub const MUTED: &str = "#4a585a";
    /// Totals, and the first series.
    pub const TOTAL: &str = "#0b5563";
    /// More to pay; points outside the limits.
    pub const MORE: &str = "#b4532a";
    /// Less to pay.
    pub const LESS: &str = "#2f6fb3";
    pub const GRID: &str = "#d5dcdc";
    /// Single municipalities, and observed values.
    pub const DOT: &str = "#3d7480";
    /// Lines of several series, in order.
    pub const SERIES: [&str; 5] = ["#0b5563", "#b4532a", "#a87200", "#7a5ba8", "#6b7779"];
    /// The inner of two bands, and bars behind lines.
    pub const BAND: &str = "#b5d3d6";
    /// The outer of two bands.
    pub const BAND_LIGHT: &str = "#e3eff0";
    /// Background of the marks that stand out: draft, and made-up figures.
    pub const LOUD: &str = "#fbdcc4";
}

/// A text, in which the characters that SVG reserves are escaped.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
