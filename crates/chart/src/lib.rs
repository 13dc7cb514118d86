//! Charts as SVG text: pure functions from figures that may be shown. One chart to a file.
//!
//! Lengths are whole pixels where the eye can tell; amounts are never read back from a chart.

pub mod breakeven;
pub mod bridge;
#[cfg(test)]
mod check;
pub mod fan;
pub mod funnel;
pub mod histogram;
mod labels;
mod picture;
pub mod range;
mod scale;
mod staggered;
mod text;
pub mod tornado;
pub mod xmr;

/// Colours of the project, as in `docs/`.
pub mod colour {
    /// Ink.
    pub const INK: &str = "#1e2b2e";
    /// Secondary text.
    pub const MUTED: &str = "#4a585a";
    /// Totals, first series.
    pub const TOTAL: &str = "#0b5563";
    /// More to pay.
    pub const MORE: &str = "#b4532a";
    /// Less to pay.
    pub const LESS: &str = "#2f6fb3";
    /// Grid.
    pub const GRID: &str = "#d5dcdc";
    /// Single municipalities, observed values.
    pub const DOT: &str = "#3d7480";
    /// Series, in order.
    pub const SERIES: [&str; 5] = ["#0b5563", "#b4532a", "#a87200", "#7a5ba8", "#6b7779"];
    /// The inner of two bands, bars behind lines.
    pub const BAND: &str = "#b5d3d6";
    /// The outer of two bands.
    pub const BAND_LIGHT: &str = "#e3eff0";
}

/// Text that may stand in SVG.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
