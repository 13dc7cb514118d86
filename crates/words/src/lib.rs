//! Every sentence that a user reads, in bokmål, nynorsk and English. The sentences stand in `i18n/*.toml`; code
//! holds a [`Message`]: the key of a sentence and the values of its placeholders.
//!
//! Whoever finds a fact makes a message; whoever writes to a screen or a file chooses the [`Language`]. This
//! crate can never know what a sentence is about.
//!
//! Start reading in [`message!`].

mod catalogue;
mod language;
mod message;

pub use catalogue::{keys, texts};
pub use language::Language;
pub use message::{IntoMessage, Message, Said, of_io};
