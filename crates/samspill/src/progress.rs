//! Progress on stderr: on a terminal a bar for each piece of work, elsewhere a line with the time that the work took.
//! Work of less than a second shows nothing.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jobs::progress::{Note, Progress, Stage, Work};

use words::{Language, Said};

/// A listener that shows progress on stderr.
#[derive(Debug, Clone, Copy)]
pub struct Bars {
    /// Whether nothing but errors is shown.
    pub quiet: bool,
    pub language: Language,
}

impl Bars {
    /// Prints a line on stderr, unless quiet.
    pub fn say(self, line: &str) {
        if !self.quiet {
            print(line);
        }
    }
}

/// Prints a line on stderr, or nothing if stderr is closed. Control characters that would steer a terminal are shown as
/// `\u{fffd}`, since a value from a file may hold such characters.
pub fn print(text: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "{}", shown(text));
}

/// A text without what steers a terminal: control characters, and marks that turn the direction of the text.
pub fn shown(text: &str) -> std::borrow::Cow<'_, str> {
    let is_steering = |letter: char| {
        let is_turning = matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        is_turning || (letter.is_control() && !matches!(letter, '\n' | '\t' | '\r'))
    };
    match text.contains(is_steering) {
        true => text.replace(is_steering, "\u{fffd}").into(),
        false => text.into(),
    }
}

impl Progress for Bars {
    fn begin(&self, work: Work) -> Box<dyn Stage + '_> {
        let name = self.language.say(&work.said());
        let terminal = std::io::stderr().is_terminal() && !self.quiet;
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        if terminal {
            let style = ProgressStyle::with_template("{msg:<44} {bar:24} {pos}/{len} {eta}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.set_message(name.clone());
        }
        Box::new(Bar { bar, name, started: Instant::now(), terminal, plain: !terminal && !self.quiet })
    }

    fn note(&self, note: Note) {
        self.say(&self.language.say(&note.said()));
    }
}

/// The bar of one piece of work.
struct Bar {
    bar: ProgressBar,
    name: String,
    started: Instant,
    /// Whether a bar is drawn once the work has taken a second.
    terminal: bool,
    /// Whether a line at the end takes the place of the bar.
    plain: bool,
}

impl Stage for Bar {
    fn at(&self, done: u64, of: u64) {
        if self.terminal && self.started.elapsed() > Duration::from_secs(1) && self.bar.is_hidden() {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.set_length(of);
        self.bar.set_position(done);
    }

    fn done(self: Box<Self>) {
        self.bar.finish_and_clear();
        if self.plain && self.started.elapsed() > Duration::from_secs(1) {
            print(&format!("{}: {} s", self.name, decimal_seconds(self.started.elapsed())));
        }
    }
}

/// Seconds with one decimal after a comma.
pub fn decimal_seconds(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64()).replace('.', ",")
}
