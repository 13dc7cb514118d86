//! Charts as SVG text: pure functions from figures that may be shown. One chart to a file.
//!
//! Lengths are whole pixels where the eye can tell; amounts are never read back from a chart.

pub mod bridge;

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
}

/// Text that may stand in SVG.
pub(crate) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
