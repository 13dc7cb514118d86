//! `samspill statement` and `samspill check-statement`.

use std::path::PathBuf;
use words::{Language, Message, message};

use clap::Args;
use domain::statement::{Statement, Tag};
use domain::{Amount, Day, Month, Period};
use jobs::addresses;
use jobs::failure::{Result, fail};
use jobs::host::Host;
use jobs::parties;
use jobs::refusal::Refusal;
use jobs::settlement::statement::{self, PaperForm};
use jobs::settlement::{Books, Span, check_statement};
use jobs::table::Form;

use super::{Output, Place, REFUSED};
use crate::choices::{FORMS, PAPER_FORMS, one_of, or_suited};
use crate::clock::now;

#[derive(Args)]
pub struct StatementArguments {
    period: String,
    #[command(flatten)]
    place: Place,
    #[arg(long)]
    to_date: bool,
    #[arg(long, alias = "municipality")]
    party: Vec<String>,
    #[arg(long = "as", value_delimiter = ',', default_value = "pdf,xlsx", value_parser = one_of(PAPER_FORMS))]
    forms: Vec<PaperForm>,
    #[arg(long)]
    known_on: Option<String>,
    #[arg(long)]
    version: Option<usize>,
    #[arg(long)]
    languages: Option<PathBuf>,
    #[arg(long)]
    sender: Option<String>,
    #[arg(long, value_name = "FILE")]
    addresses: Option<PathBuf>,
    #[arg(long, requires = "party")]
    with_claims: bool,
    #[arg(long, value_name = "FILE", requires = "with_claims")]
    contacts: Option<PathBuf>,
    #[arg(long, requires = "contacts")]
    mapping: Option<PathBuf>,
    #[arg(long)]
    bundle: bool,
    #[arg(long, value_name = "FILE", requires = "bundle")]
    checkpoint: Option<PathBuf>,
    #[arg(long, default_value = "statements")]
    out: PathBuf,
}

#[derive(Args)]
pub struct CheckStatementArguments {
    file: PathBuf,
    #[arg(long, value_name = "FILE")]
    public_key: Option<PathBuf>,
    #[arg(long = "as", value_parser = one_of(FORMS))]
    form: Option<Form>,
}

/// Computes a statement again from its bundle.
pub fn check_statement(arguments: &CheckStatementArguments, host: &Host) -> Result<Output> {
    let checked = check_statement::check(&arguments.file, arguments.public_key.as_deref())?;
    let data = checked.table().render(or_suited(arguments.form), host.reader());
    let code = match checked.holds() {
        true if checked.is_of_other_program => REFUSED,
        true => 0,
        false => 1,
    };
    Ok(Output { data, words: vec![checked.said()], code })
}

/// Makes statements. The sender's language is that of `--language`, else bokmål: a statement is the same in every
/// locale.
pub fn statement(arguments: &StatementArguments, asked: Option<Language>, host: &Host) -> Result<Output> {
    let months = Period::parse_any(&arguments.period)?;
    let spans: Option<Vec<Span>> = match arguments.to_date {
        true => Span::to_date(Month::parse(&arguments.period)?).map(|span| vec![span]),
        // A range of months gives one statement for each month.
        false if Period::parse(&arguments.period).is_err() => {
            months.months().map(|month| Span::of(Period::of_month(month))).collect()
        }
        false => Span::of(months).map(|span| vec![span]),
    };
    let Some(spans) = spans else { fail!("error.order.holds_no_month", period = arguments.period) };
    let known_on = match arguments.known_on.as_deref() {
        None => None,
        Some(text) => match Day::parse(text) {
            Ok(day) => Some(domain::Minute::from_number(day.next().start().number() - 1)),
            Err(_) => Some(domain::Minute::parse(text)?),
        },
    };
    let clock = now(arguments.place.now.as_deref())?;
    if let Some(at) = known_on.filter(|at| *at >= clock) {
        return Err(Refusal::NotOver(at).into());
    }
    let to_date = if arguments.to_date { " --to-date" } else { "" };
    let version = arguments.version.map_or_else(String::new, |version| format!(" --version {version}"));
    let language = asked.map_or_else(String::new, |language| format!(" --language {}", language.code()));
    let more = remade_with(arguments);
    let mut forms = arguments.forms.clone();
    forms.extend(arguments.bundle.then_some(PaperForm::Bundle));
    let mut books = Books::open(&arguments.place.ledger)?;
    let mut words = Vec::new();
    for span in spans {
        // A name or a code is that of the span's own time: a range may go over a merger.
        let period = Period::spanning(span.first, span.last);
        let named = arguments.party.iter().map(|word| parties::named(word, period));
        let party = named.collect::<Result<Vec<String>>>()?;
        let parties = party.iter().map(|party| format!(" --party {party}")).collect::<String>();
        let addresses = arguments.addresses.as_deref().map(|path| addresses::read(path, period));
        let addresses = addresses.transpose()?.unwrap_or_default();
        let name = if arguments.to_date { &arguments.period } else { &span.name };
        let command =
            format!("samspill statement {name}{to_date}{parties}{version}{language}{more} --ledger LEDGER");
        let order = statement::Order {
            span,
            parties: &party,
            forms: &forms,
            known_on,
            version: arguments.version,
            languages: arguments.languages.as_deref(),
            sender_language: asked.unwrap_or(Language::Nb),
            sender: arguments.sender.as_deref(),
            addresses: &addresses,
            with_claims: arguments.with_claims,
            contacts: arguments.contacts.as_deref(),
            mapping: arguments.mapping.as_deref(),
            checkpoint: arguments.checkpoint.as_deref(),
            out: &arguments.out,
            command,
        };
        let made = statement::run(&mut books, &order, host)?;
        words.push(written(&made, &order));
    }
    Ok(Output::words(words))
}

/// Options of the command that makes the same statements again: the sender, and the files that were given, by name. What was
/// known when is left out, since a statement as of an earlier day is the statement of that day, to the byte.
fn remade_with(arguments: &StatementArguments) -> String {
    let sender = arguments.sender.as_ref().map(|name| format!(" --sender \"{name}\""));
    let file = |option: &str, path: &Option<PathBuf>| {
        let name = path.as_ref().and_then(|path| path.file_name());
        name.map(|name| format!(" --{option} {}", name.to_string_lossy()))
    };
    let files = [file("addresses", &arguments.addresses), file("languages", &arguments.languages)];
    [sender].into_iter().chain(files).flatten().collect()
}

/// Sentence on the statements that were made, with what they ask for.
fn written(made: &[Statement], order: &statement::Order) -> Message {
    let count = domain::amount::grouped(made.len() as u64);
    let (period, path) = (&order.span.name, order.out.display());
    if order.span.is_summary() {
        let all = made.iter().flat_map(|one| one.asked.iter().map(|asked| (one.owes, asked.amount)));
        let (asked, given) = paid_and_received(all);
        let is_draft = made.iter().any(|one| one.tags.contains(&Tag::Draft));
        return match is_draft {
            true => message!("screen.summaries_of_drafts", count, period, path, asked, given),
            false => message!("screen.summaries", count, period, path, asked, given),
        };
    }
    let (to_pay, to_get) = paid_and_received(made.iter().map(|one| (one.owes, one.to_pay)));
    message!("screen.statements", count, period, path, to_pay, to_get)
}

/// Sums of what is paid and what is received. Each amount stands with whether the party owes it; a party that owes a negative
/// amount receives that amount.
fn paid_and_received(all: impl Iterator<Item = (bool, Amount)>) -> (Amount, Amount) {
    let due = all.map(|(owes, amount)| if owes { amount } else { -amount });
    let (pays, gets): (Vec<Amount>, Vec<Amount>) = due.partition(|due| *due > Amount::ZERO);
    (pays.into_iter().sum(), -gets.into_iter().sum::<Amount>())
}
