//! Values that a user's commands share, and that need not be given on every line. A value comes from `samspill.toml` in
//! the folder where the program runs. A variable such as `SAMSPILL_LEDGER` overrides the file, and an argument
//! overrides both.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, Command};
use jobs::failure::{Failure, Result, fail};
use words::{Language, Message, message};

use crate::choices::LANGUAGES;

/// Name of the file.
pub const FILE: &str = "samspill.toml";

/// The values that may be set.
pub const KEYS: [&str; 8] =
    ["ledger", "contacts", "people", "draft", "out", "sender", "addresses", "language"];

/// Values as a user set them.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// The file that was read; `None` if there is none.
    pub file: Option<PathBuf>,
    /// Each value by its key.
    values: BTreeMap<&'static str, String>,
}

impl Settings {
    /// Reads the file in a folder, and the variables.
    ///
    /// # Errors
    /// Fails if the file cannot be read or is not TOML, if the file sets a key that is not in [`KEYS`], or if a value
    /// in the file or a variable does not fit its key.
    pub fn read(folder: &Path, variable: impl Fn(&str) -> Option<String>) -> Result<Settings> {
        let path = folder.join(FILE);
        let mut out = Settings::default();
        match std::fs::read_to_string(&path) {
            Ok(text) => {
                out.values = of_text(&text).map_err(|failure| failure.within(Message::plain(FILE)))?;
                out.file = Some(path);
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(Failure::from(error).within(Message::plain(FILE))),
        }
        for key in KEYS {
            let name = format!("SAMSPILL_{}", key.to_uppercase());
            if let Some(value) = variable(&name).filter(|value| !value.is_empty()) {
                out.set(key, value).map_err(|failure| failure.within(Message::plain(name)))?;
            }
        }
        Ok(out)
    }

    fn set(&mut self, key: &'static str, value: String) -> Result<()> {
        match key {
            "draft" => {
                let is_draft = matches!(value.as_str(), "true" | "1" | "ja" | "yes");
                if !is_draft && !matches!(value.as_str(), "false" | "0" | "nei" | "no") {
                    fail!("error.settings.draft", value);
                }
                self.values.remove(key);
                if is_draft {
                    self.values.insert(key, "true".to_owned());
                }
            }
            "language" if Language::from_code(&value).is_none() => {
                let known: Vec<&str> = LANGUAGES.iter().map(|(word, _)| *word).collect();
                fail!("error.settings.language", value, known = known.join(", "));
            }
            _ => {
                self.values.insert(key, value);
            }
        }
        Ok(())
    }

    /// A value; `None` if it is not set.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.values.get(key).map(String::as_str)
    }

    /// The values that are set, in the order of [`KEYS`].
    pub fn all(&self) -> impl Iterator<Item = (&'static str, &str)> {
        KEYS.iter().filter_map(|key| self.get(key).map(|value| (*key, value)))
    }

    /// The command line, with these values for arguments that are not given.
    pub fn applied(&self, command: Command) -> Command {
        self.below(command, "")
    }

    fn below(&self, command: Command, path: &str) -> Command {
        let command = command.mut_args(|argument| self.of_argument(argument, path));
        command.mut_subcommands(|inner| {
            let path = format!("{path} {}", inner.get_name());
            self.below(inner, &path)
        })
    }

    fn of_argument(&self, argument: Arg, command: &str) -> Arg {
        let id = argument.get_id().as_str().to_owned();
        let Some(value) = self.get(&id) else { return argument };
        let is_required = argument.is_required_set();
        let top = command.split(' ').nth(1).unwrap_or_default();
        let is_shared = match id.as_str() {
            // A ledger or a file of contacts that is not required is not taken from the settings, since giving one
            // changes what the command does. The exceptions are the ledger of `case` and `explain`, and the contacts of
            // `simulate` and `budget`.
            "ledger" => is_required || ["case", "explain"].contains(&top),
            "contacts" => is_required || ["simulate", "budget"].contains(&top),
            // `demo` and `synth` make a register: their `people` is a number of people, not a file.
            "people" => !matches!(top, "demo" | "synth"),
            // Registers, templates, manual pages, keys and exports are each written to a place of their own.
            "out" => {
                !matches!(top, "demo" | "synth" | "template" | "man")
                    && (is_required || !argument.get_default_values().is_empty())
                    && top != "ledger"
            }
            "draft" => matches!(argument.get_action(), ArgAction::SetTrue),
            _ => true,
        };
        if !is_shared {
            return argument;
        }
        // Each command writes to a folder of its own, so that one does not remove what another wrote.
        let value = match id.as_str() {
            "out" => Path::new(value).join(top).display().to_string(),
            _ => value.to_owned(),
        };
        // An argument that is required unless another is given stays so, also with a default: a new one takes its place.
        let argument = match (id.as_str(), top) {
            ("ledger", "case") => Arg::new("ledger").long("ledger").value_parser(crate::ledger_place::ledger),
            _ => argument,
        };
        argument.required(false).default_value(value)
    }
}

/// Values in the text of a file.
fn of_text(text: &str) -> Result<BTreeMap<&'static str, String>> {
    let table: toml::Table = toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |span| words::line_at(text, span.start));
        Failure::of(message!("error.settings.not_toml", line, fault = error.message()))
    })?;
    let mut out = Settings::default();
    for (key, value) in table {
        let Some(known) = KEYS.iter().find(|known| **known == key) else {
            fail!("error.settings.unknown", key, known = KEYS.join(", "))
        };
        let value = match value {
            toml::Value::String(text) => text,
            toml::Value::Boolean(yes) if *known == "draft" => yes.to_string(),
            _ if *known == "draft" => fail!("error.settings.not_yes", key),
            _ => fail!("error.settings.not_text", key),
        };
        out.set(known, value)?;
    }
    Ok(out.values)
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, FromArgMatches};

    use super::*;
    use crate::cli::{Arguments, Command};

    fn settings(text: &str) -> Settings {
        Settings { file: None, values: of_text(text).unwrap() }
    }

    fn read(settings: &Settings, line: &str) -> std::result::Result<Arguments, clap::Error> {
        let command = settings.applied(Arguments::command());
        command.try_get_matches_from(line.split(' ')).and_then(|found| Arguments::from_arg_matches(&found))
    }

    #[test]
    fn what_is_set_need_not_be_given_and_what_is_given_counts() {
        let set = settings(
            "ledger = 'a.sqlite'\ncontacts = 'c.parquet'\ndraft = true\nout = 'ut'\nlanguage = 'nn'",
        );
        for line in [
            "settlement run 2012-03",
            "settle 2012",
            "running",
            "simulate law --period 2012",
            "ledger verify",
            "case Bergen",
        ] {
            assert!(read(&settings(""), &format!("samspill {line}")).is_err());
            assert!(read(&set, &format!("samspill {line}")).is_ok(), "{line}");
        }
        let Ok(Arguments { command: Some(Command::Statement(_)), language, .. }) =
            read(&set, "samspill statement 2012-03")
        else {
            panic!("a statement")
        };
        assert_eq!(language, Some(Language::Nn));
        let of = |line: &str, id: &str| {
            let found = set.applied(Arguments::command()).try_get_matches_from(line.split(' ')).unwrap();
            let (_, found) = found.subcommand().unwrap();
            found.get_raw(id).map(|mut values| values.next().unwrap().to_str().unwrap().to_owned())
        };
        assert_eq!(
            of("samspill settle 2012", "out").unwrap(),
            Path::new("ut").join("settle").display().to_string()
        );
        assert_eq!(of("samspill settle 2012 --out b", "out").unwrap(), "b");
        assert_eq!(of("samspill statement 2012 --ledger b.sqlite", "ledger").unwrap(), "b.sqlite");
        assert_eq!(of("samspill explain 1", "ledger").unwrap(), "a.sqlite");
        assert_eq!(of("samspill synth --year 2012 --out b", "out").unwrap(), "b");
    }

    #[test]
    fn variables_count_for_more_than_the_file_and_unknown_keys_are_named() {
        let folder = std::env::temp_dir().join(format!("samspill-settings-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let variable = |name: &str| (name == "SAMSPILL_LEDGER").then(|| "b.sqlite".to_owned());
        let fault = |text: &str| {
            std::fs::write(folder.join(FILE), text).unwrap();
            match Settings::read(&folder, |_| None) {
                Err(Failure::Failed { said, .. }) => Language::Nb.say(&Message::joined(said, ": ")),
                other => panic!("{text}: {other:?}"),
            }
        };
        assert!(fault("hovedbok = 'a'").contains("samspill.toml: ukjent nøkkel 'hovedbok'"));
        assert!(fault("\nledger = a").contains("linje 2"));
        assert!(fault("ledger = 3").contains("ledger"));
        assert!(fault("draft = 'kanskje'").contains("kanskje"));
        assert!(fault("language = 'se'").contains("nb, nn, en"));
        std::fs::write(folder.join(FILE), "ledger = 'a.sqlite'\ndraft = false").unwrap();
        let found = Settings::read(&folder, variable).unwrap();
        assert_eq!((found.get("ledger"), found.get("draft")), (Some("b.sqlite"), None));
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(Settings::read(&folder, |_| None).unwrap(), Settings::default());
    }
}
