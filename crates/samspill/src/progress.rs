//! Progress on stderr: one bar for each stage on a terminal, one plain line otherwise, nothing at all for
//! what takes under a second.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How much to say.
#[derive(Debug, Clone, Copy)]
pub struct Teller {
    /// Say nothing but errors.
    pub quiet: bool,
}

/// A stage of the work.
pub struct Stage {
    bar: ProgressBar,
    name: String,
    started: Instant,
    plain: bool,
}

impl Teller {
    /// Begins a stage.
    pub fn stage(self, name: &str) -> Stage {
        let terminal = std::io::stderr().is_terminal() && !self.quiet;
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        if terminal {
            let style = ProgressStyle::with_template("{msg:<44} {bar:24} {pos}/{len} {eta}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.set_message(name.to_owned());
        }
        Stage { bar, name: name.to_owned(), started: Instant::now(), plain: !terminal && !self.quiet }
    }

    /// Says a line.
    pub fn say(self, line: &str) {
        if !self.quiet {
            eprintln!("{line}");
        }
    }
}

impl Stage {
    /// So many of so many are done.
    pub fn at(&self, done: u64, of: u64) {
        if !self.plain && self.started.elapsed() > Duration::from_secs(1) && self.bar.is_hidden() {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.set_length(of);
        self.bar.set_position(done);
    }

    /// The stage is over.
    pub fn done(self) {
        self.bar.finish_and_clear();
        if self.plain && self.started.elapsed() > Duration::from_secs(1) {
            eprintln!("{}: {} s", self.name, decimal_seconds(self.started.elapsed()));
        }
    }
}

/// Seconds with one decimal and a comma.
pub fn decimal_seconds(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64()).replace('.', ",")
}
