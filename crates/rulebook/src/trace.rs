//! The steps of a calculation, recorded for an explanation.
//!
//! The kernel passes [`NoTrace`], which costs nothing; an explanation passes [`Steps`]. Both call the same
//! function, so an explanation comes from the code that computed the charge.

use words::Message;

use crate::provenance::Provenance;

/// One test or one sum in a calculation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Finding of the step, in one sentence.
    pub text: Message,
    /// Provision or source behind the step; empty for arithmetic.
    pub provision: String,
    /// Place of the value as `file:line`; empty for arithmetic.
    pub place: String,
    /// Word of the value's [`Confidence`](crate::Confidence); empty for arithmetic.
    pub confidence: &'static str,
}

impl Step {
    /// A step that rests on one value of the law.
    pub fn on(text: Message, provenance: &Provenance) -> Step {
        Step {
            text,
            provision: provenance.cite.clone(),
            place: provenance.place(),
            confidence: provenance.confidence.word(),
        }
    }

    /// A step that is arithmetic only.
    pub fn sum(text: Message) -> Step {
        Step { text, provision: String::new(), place: String::new(), confidence: "" }
    }
}

/// A receiver of the steps of a calculation.
pub trait Trace {
    /// Records the step that `make` builds. A receiver that keeps no steps never calls `make`.
    fn step(&mut self, make: impl FnOnce() -> Step);
}

/// A receiver that keeps no steps.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoTrace;

impl Trace for NoTrace {
    #[inline(always)]
    fn step(&mut self, _make: impl FnOnce() -> Step) {}
}

/// A receiver that keeps every step, in order.
#[derive(Debug, Clone, Default)]
pub struct Steps(pub Vec<Step>);

impl Trace for Steps {
    fn step(&mut self, make: impl FnOnce() -> Step) {
        self.0.push(make());
    }
}
