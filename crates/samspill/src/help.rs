//! Help and faults of the command line in the user's language. The structs in `commands` hold names and values only;
//! every word stands in the catalogue under `help` and `usage`.

use std::ffi::OsString;

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command};
use jobs::failure::Failure;
use words::{Language, Message, message, say};

/// The language of a run: from `--language`, else from the settings, else from the locale, else bokmål.
pub fn language(
    arguments: &[OsString],
    set: Option<&str>,
    locale: impl Fn(&str) -> Option<String>,
) -> Language {
    let texts: Vec<&str> = arguments.iter().filter_map(|argument| argument.to_str()).collect();
    let after = |pair: &[&str]| (pair[0] == "--language").then(|| pair[1].to_owned());
    let joined = |text: &&str| text.strip_prefix("--language=").map(str::to_owned);
    let asked = texts.iter().find_map(joined).or_else(|| texts.windows(2).find_map(after));
    if let Some(language) = asked.as_deref().or(set).and_then(Language::from_code) {
        return language;
    }
    let of_locale = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(|name| {
        let value = locale(name)?;
        (!value.is_empty()).then_some(value)
    });
    of_locale.as_deref().and_then(Language::of_locale).unwrap_or_default()
}

/// `samspill help COMMAND` as `samspill COMMAND --help`.
pub fn with_help_last(mut arguments: Vec<OsString>) -> Vec<OsString> {
    if arguments.get(1).is_some_and(|first| first == "help") {
        arguments.remove(1);
        arguments.push("--help".into());
    }
    arguments
}

/// The command line with the words of a language.
pub fn worded(command: Command, language: Language) -> Command {
    of_command(command, "", language)
}

/// Key of a command below another: `settlement_open`.
fn below(key: &str, name: &str) -> String {
    let name = name.replace('-', "_");
    if key.is_empty() { name } else { format!("{key}_{name}") }
}

fn of_command(command: Command, key: &str, language: Language) -> Command {
    let own = if key.is_empty() { "samspill" } else { key };
    let more = Message::of(format!("help.more.{own}"));
    let mut command = command
        .about(language.text(&format!("help.command.{own}")))
        .subcommand_help_heading(language.text("usage.commands"))
        .subcommand_value_name(language.text("usage.command"))
        .disable_help_flag(true)
        .disable_help_subcommand(true)
        .disable_version_flag(true)
        .mut_args(|argument| of_argument(argument, own, language))
        .arg(
            Arg::new("help")
                .short('h')
                .long("help")
                .action(ArgAction::Help)
                .help(language.text("usage.help"))
                .help_heading(language.text("usage.options")),
        );
    if key.is_empty() {
        let version = Arg::new("version").short('V').long("version").action(ArgAction::Version);
        command = command
            .arg(version.help(language.text("usage.version")).help_heading(language.text("usage.options")));
    }
    let more = more.is_known().then(|| language.say(&more));
    let names = key.is_empty().then(|| say!(language, "usage.aliases", names = aliases(&command, language)));
    let after: Vec<String> = more.into_iter().chain(names).collect();
    if !after.is_empty() {
        command = command.after_help(after.join("\n\n"));
    }
    command = command.aliases(names_of(key));
    command.mut_subcommands(|below_it| {
        let key = below(key, below_it.get_name());
        of_command(below_it, &key, language)
    })
}

/// The Norwegian names of a command, in bokmål and nynorsk.
fn names_of(key: &str) -> Vec<String> {
    let name = Message::of(format!("usage.alias.{key}"));
    if !name.is_known() {
        return Vec::new();
    }
    let [one, other] = [Language::Nb, Language::Nn].map(|language| language.say(&name));
    if one == other { vec![one] } else { vec![one, other] }
}

/// The commands that have a Norwegian name, as `oppgjør (settlement)`. If the language is English, the names are in
/// bokmål.
fn aliases(command: &Command, language: Language) -> String {
    let place = usize::from(language == Language::Nn);
    let named = command.get_subcommands().filter_map(|one| {
        let names = names_of(&below("", one.get_name()));
        let name = names.get(place).or_else(|| names.first())?;
        Some(format!("{name} ({})", one.get_name()))
    });
    named.collect::<Vec<_>>().join(", ")
}

/// Key of an argument's help: the command's own key if it is known, else the key that commands share.
fn argument_key(command: &str, id: &str) -> String {
    let own = format!("help.{command}.{id}");
    if Message::of(own.clone()).is_known() { own } else { format!("help.argument.{id}") }
}

fn of_argument(argument: Arg, command: &str, language: Language) -> Arg {
    let id = argument.get_id().as_str().to_owned();
    let mut help = language.text(&argument_key(command, &id));
    let takes_value = argument.get_action().takes_values();
    let words: Vec<String> = match takes_value {
        true => argument.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect(),
        false => Vec::new(),
    };
    let defaults: Vec<&str> =
        argument.get_default_values().iter().filter_map(|value| value.to_str()).collect();
    let mut notes = Vec::new();
    if !words.is_empty() {
        notes.push(say!(language, "usage.words", words = words.join(", ")));
    }
    if takes_value && !defaults.is_empty() {
        notes.push(say!(language, "usage.default", value = defaults.join(",")));
    }
    let explained: Vec<String> = words
        .iter()
        .filter_map(|word| {
            let help = Message::under(&format!("help.value.{id}"), word);
            help.is_known().then(|| format!("\n- {word}: {}", language.say(&help)))
        })
        .collect();
    for note in &notes {
        help.push_str(&format!(" [{note}]"));
    }
    let heading = if argument.is_positional() { "usage.arguments" } else { "usage.options" };
    let names: Vec<String> = argument
        .get_value_names()
        .map(|names| names.iter().map(|name| value_name(name, language)).collect())
        .unwrap_or_default();
    let mut out = argument.help_heading(language.text(heading));
    if !explained.is_empty() {
        out = out.long_help(format!("{help}{}", explained.concat()));
    }
    out = out.help(help);
    if takes_value {
        out = out.hide_possible_values(true).hide_default_value(true);
        if !names.is_empty() {
            out = out.value_names(names);
        }
    }
    out
}

/// Name of a value in a usage line, as `FILE` or `FIL`.
fn value_name(name: &str, language: Language) -> String {
    let word = Message::of(format!("usage.name.{}", name.to_lowercase()));
    if word.is_known() { language.say(&word) } else { name.to_owned() }
}

/// Help or a usage line from the argument parser, with the parser's own few words translated.
pub fn in_language(text: &str, language: Language) -> String {
    text.replace("Usage:", &language.text("usage.usage"))
        .replace("[OPTIONS]", &format!("[{}]", language.text("usage.some_options")))
}

/// A fault in the arguments, as lines of text: the fault, the usage, and where to find help.
pub fn fault(error: &clap::Error, language: Language) -> String {
    let usage = match error.get(ContextKind::Usage) {
        Some(ContextValue::StyledStr(usage)) => in_language(&plain(usage), language),
        _ => String::new(),
    };
    let fault = say!(language, "screen.fault", fault = said(error));
    let hint = say!(language, "screen.remedy", remedy = message!("usage.see_help"));
    [fault, usage, hint].into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

fn plain(text: &StyledStr) -> String {
    text.to_string().trim().to_owned()
}

/// What is wrong with the arguments.
fn said(error: &clap::Error) -> Message {
    let of = |kind: ContextKind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.join(", "),
        Some(ContextValue::StyledStr(text)) => plain(text),
        Some(ContextValue::StyledStrs(texts)) => texts.iter().map(plain).collect::<Vec<_>>().join(", "),
        Some(ContextValue::Number(number)) => number.to_string(),
        _ => String::new(),
    };
    let argument = of(ContextKind::InvalidArg);
    let value = of(ContextKind::InvalidValue);
    match error.kind() {
        ErrorKind::InvalidValue if value.is_empty() => message!("usage.value_missing", argument),
        ErrorKind::InvalidValue => {
            message!("usage.not_among", value, argument, known = of(ContextKind::ValidValue))
        }
        ErrorKind::ValueValidation => {
            let source = std::error::Error::source(error);
            match source.and_then(|source| source.downcast_ref::<Failure>()) {
                Some(Failure::Failed { said, .. }) => {
                    let reason = Message::joined(said.clone(), ": ");
                    message!("usage.bad_value_because", value, argument, reason)
                }
                _ => message!("usage.bad_value", value, argument),
            }
        }
        ErrorKind::UnknownArgument => match of(ContextKind::SuggestedArg) {
            near if near.is_empty() => message!("usage.unknown_argument", argument),
            near => message!("usage.unknown_argument_near", argument, near),
        },
        ErrorKind::InvalidSubcommand => {
            let command = of(ContextKind::InvalidSubcommand);
            match of(ContextKind::SuggestedSubcommand) {
                near if near.is_empty() => message!("usage.unknown_command", command),
                near => message!("usage.unknown_command_near", command, near),
            }
        }
        ErrorKind::MissingRequiredArgument => message!("usage.argument_missing", argument),
        ErrorKind::MissingSubcommand => message!("usage.command_missing"),
        ErrorKind::ArgumentConflict => {
            message!("usage.conflict", argument, other = of(ContextKind::PriorArg))
        }
        ErrorKind::TooManyValues | ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues => {
            message!("usage.number_of_values", argument)
        }
        ErrorKind::InvalidUtf8 => message!("usage.not_utf8"),
        _ => Message::plain(error.to_string().lines().next().unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clap::CommandFactory;

    use super::*;

    /// Whether the parser adds the argument itself.
    fn is_of_clap(key: &str, argument: &Arg) -> bool {
        let id = argument.get_id().as_str();
        id == "help" || (id == "version" && key.is_empty())
    }

    /// Keys of the help of a command and of the commands below it.
    fn asked(command: &Command, key: &str, out: &mut BTreeSet<String>) {
        let own = if key.is_empty() { "samspill" } else { key };
        out.insert(format!("help.command.{own}"));
        out.insert(format!("help.more.{own}"));
        for argument in command.get_arguments().filter(|argument| !is_of_clap(key, argument)) {
            let id = argument.get_id().as_str();
            out.insert(argument_key(own, id));
            for value in argument.get_possible_values() {
                out.insert(format!("help.value.{id}.{}", value.get_name().replace('-', "_")));
            }
        }
        for one in command.get_subcommands() {
            asked(one, &below(key, one.get_name()), out);
        }
    }

    /// Every command and argument has its help, and the catalogue has no help for anything that was removed.
    #[test]
    fn help_and_command_line_are_about_the_same() {
        let mut keys = BTreeSet::new();
        asked(&crate::cli::Arguments::command(), "", &mut keys);
        let kept: BTreeSet<String> =
            words::keys().filter(|key| key.starts_with("help.")).map(str::to_owned).collect();
        let optional = |key: &&String| key.starts_with("help.more.") || key.starts_with("help.value.");
        let missing: Vec<&String> = keys.difference(&kept).filter(|key| !optional(key)).collect();
        assert!(missing.is_empty(), "no help: {missing:?}");
        let gone: Vec<&String> = kept.difference(&keys).collect();
        assert!(gone.is_empty(), "help of nothing: {gone:?}");
    }

    #[test]
    fn the_language_is_asked_for_or_that_of_the_locale() {
        let of = |arguments: &[&str], locale: &'static [(&'static str, &'static str)]| {
            let arguments: Vec<OsString> = arguments.iter().map(Into::into).collect();
            language(&arguments, None, |name| {
                locale.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            })
        };
        assert_eq!(of(&["samspill"], &[]), Language::Nb);
        assert_eq!(of(&["samspill"], &[("LANG", "nn_NO.UTF-8")]), Language::Nn);
        assert_eq!(of(&["samspill"], &[("LANG", "nn_NO.UTF-8"), ("LC_ALL", "C")]), Language::Nb);
        assert_eq!(of(&["samspill"], &[("LANG", "en_GB"), ("LC_ALL", "")]), Language::En);
        assert_eq!(of(&["samspill", "--language", "en"], &[("LANG", "nn_NO")]), Language::En);
        assert_eq!(of(&["samspill", "--language=nn"], &[]), Language::Nn);
    }

    /// A fault in the arguments is reported in the user's language, for every kind of fault that a user meets.
    #[test]
    fn faults_of_arguments_are_reported() {
        let of = |line: &str, language: Language| {
            let command = worded(crate::cli::Arguments::command(), language);
            let error = command.try_get_matches_from(line.split(' ')).unwrap_err();
            fault(&error, language)
        };
        let lines = [
            "samspill setle",
            "samspill settle",
            "samspill settle 2012 --contact x",
            "samspill rules list --as xml",
            "samspill interval poisson --count many",
            "samspill explain 1 --in a --ledger b",
            "samspill settlement",
            "samspill --threads many demo",
        ];
        let faults: Vec<String> = lines
            .iter()
            .map(|line| {
                let texts = [Language::Nb, Language::Nn, Language::En].map(|language| of(line, language));
                format!("$ {line}\n{}\n", texts.join("\n"))
            })
            .collect();
        expect_test::expect_file!["../tests/snapshots/usage.txt"].assert_eq(&faults.join("\n"));
    }
}
