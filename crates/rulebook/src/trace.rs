//! How a calculation tells what it did, when somebody asks.
//!
//! The kernel passes [`NoTrace`], which is nothing and costs nothing; `explain` passes [`Steps`]. Both
//! go through the same function, so the explanation comes from the code path that made the charge.

use crate::provenance::Provenance;

/// One thing that was tested or computed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What was found, in Norwegian.
    pub text: String,
    /// The provision or key behind it, in Norwegian or as cited.
    pub provision: String,
    /// Where the value stands: `file:line`.
    pub place: String,
    /// How sure the project is of the value.
    pub confidence: &'static str,
}

impl Step {
    /// A step that rests on one value of the law.
    pub fn on(text: String, provenance: &Provenance) -> Step {
        Step {
            text,
            provision: provenance.cite.clone(),
            place: provenance.place(),
            confidence: provenance.confidence.word(),
        }
    }

    /// A step that is arithmetic only.
    pub fn sum(text: String) -> Step {
        Step { text, provision: String::new(), place: String::new(), confidence: "" }
    }
}

/// Takes the steps of a calculation.
pub trait Trace {
    /// Records a step; the closure runs only if somebody listens.
    fn step(&mut self, make: impl FnOnce() -> Step);
}

/// Nobody listens.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoTrace;

impl Trace for NoTrace {
    #[inline(always)]
    fn step(&mut self, _make: impl FnOnce() -> Step) {}
}

/// Keeps every step in order.
#[derive(Debug, Clone, Default)]
pub struct Steps(pub Vec<Step>);

impl Trace for Steps {
    fn step(&mut self, make: impl FnOnce() -> Step) {
        self.0.push(make());
    }
}
