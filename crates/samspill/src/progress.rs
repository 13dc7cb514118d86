//! Progress on stderr: one bar for each piece of work on a terminal, one plain line otherwise, and nothing at all for
//! what takes under a second.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jobs::progress::{Note, Progress, Stage, Work};

use crate::words;

/// Bars on stderr.
#[derive(Debug, Clone, Copy)]
pub struct Bars {
    /// Nothing but errors is said.
    pub quiet: bool,
}

impl Bars {
    /// Says a line.
    pub fn say(self, line: &str) {
        if !self.quiet {
            eprintln!("{line}");
        }
    }
}

impl Progress for Bars {
    fn begin(&self, work: Work) -> Box<dyn Stage + '_> {
        let name = words::work(&work);
        let terminal = std::io::stderr().is_terminal() && !self.quiet;
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        if terminal {
            let style = ProgressStyle::with_template("{msg:<44} {bar:24} {pos}/{len} {eta}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.set_message(name.clone());
        }
        Box::new(Bar { bar, name, started: Instant::now(), plain: !terminal && !self.quiet })
    }

    fn note(&self, note: Note) {
        self.say(&words::note(&note));
    }
}

/// The bar of one piece of work.
struct Bar {
    bar: ProgressBar,
    name: String,
    started: Instant,
    /// A line at the end instead of a bar.
    plain: bool,
}

impl Stage for Bar {
    fn at(&self, done: u64, of: u64) {
        if !self.plain && self.started.elapsed() > Duration::from_secs(1) && self.bar.is_hidden() {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.set_length(of);
        self.bar.set_position(done);
    }

    fn done(self: Box<Self>) {
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
