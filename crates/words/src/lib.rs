//! Every sentence that a user reads, in bokmål, nynorsk and English. The sentences stand in `i18n/*.toml`; code
//! holds a [`Message`]: the key of a sentence and the values of its placeholders.
//!
//! Code that finds a fact makes a message; code that writes to a screen or a file chooses the [`Language`].
//! This crate knows nothing of what a sentence is about.
//!
//! Start reading in [`message!`].

mod catalogue;
mod language;
mod line;
mod message;

pub use catalogue::keys;
pub use language::Language;
pub use line::line_at;
pub use message::{IntoMessage, Message, Said, of_io};
