//! A value that the law lacks.

use serde::{Deserialize, Serialize};
use words::{Message, Said, message};

use crate::Day;

/// A value that a rule needs, and that its file does not have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// Name of the rule file.
    pub file: String,
    /// Key of the value, such as `unit_price`.
    pub key: String,
    /// First day without the value.
    pub day: Day,
}

impl Gap {
    /// The key of the value, in words.
    pub fn key_said(&self) -> Message {
        let said = Message::under("gap", &self.key);
        if said.is_known() { said } else { Message::plain(&self.key) }
    }
}

words::english_error!(Gap);

impl Said for Gap {
    fn said(&self) -> Message {
        message!("error.gap", file = self.file, key = self.key_said(), day = self.day)
    }
}
