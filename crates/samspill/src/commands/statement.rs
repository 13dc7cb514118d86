//! `samspill statement`.

use std::path::PathBuf;
use words::{Language, message};

use clap::Args;
use domain::{Day, Month, Period};
use jobs::failure::{Result, fail};
use jobs::host::Host;
use jobs::parties;
use jobs::refusal::Refusal;
use jobs::settlement::statement::{self, PaperForm};
use jobs::settlement::{Books, Span};

use super::{Output, Place};
use crate::choices::{PAPER_FORMS, one_of};
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
    #[arg(long, requires = "party")]
    with_claims: bool,
    #[arg(long, default_value = "statements")]
    out: PathBuf,
}

/// Makes statements. The sender's language is that of `--language`, else bokmål: a statement is the same in every
/// locale.
pub fn statement(arguments: &StatementArguments, asked: Option<Language>, host: &Host) -> Result<Output> {
    let months = Period::parse(&arguments.period)?;
    let span = match arguments.to_date {
        true => Span::to_date(Month::parse(&arguments.period)?),
        false => Span::of(months),
    };
    let Some(span) = span else { fail!("error.order.holds_no_month", period = arguments.period) };
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
    let named = arguments.party.iter().map(|word| parties::named(word, months));
    let party = named.collect::<Result<Vec<String>>>()?;
    let parties = party.iter().map(|party| format!(" --party {party}")).collect::<String>();
    let to_date = if arguments.to_date { " --to-date" } else { "" };
    let version = arguments.version.map_or_else(String::new, |version| format!(" --version {version}"));
    let language = asked.map_or_else(String::new, |language| format!(" --language {}", language.code()));
    let mut books = Books::open(&arguments.place.ledger)?;
    let order = statement::Order {
        span,
        parties: &party,
        forms: &arguments.forms,
        known_on,
        version: arguments.version,
        languages: arguments.languages.as_deref(),
        sender_language: asked.unwrap_or(Language::Nb),
        sender: arguments.sender.as_deref(),
        with_claims: arguments.with_claims,
        out: &arguments.out,
        command: format!(
            "samspill statement {}{to_date}{parties}{version}{language} --ledger LEDGER",
            arguments.period
        ),
    };
    let made = statement::run(&mut books, &order, host)?;
    if order.span.is_summary() {
        let asked = made.iter().flat_map(|one| one.asked.iter().filter(|_| one.owes));
        return Ok(Output::sentence(message!(
            "screen.summaries",
            count = domain::amount::grouped(made.len() as u64),
            period = order.span.name,
            path = arguments.out.display(),
            asked = asked.map(|one| one.amount).sum::<domain::Amount>()
        )));
    }
    // A party that owes a negative amount receives that amount.
    let due = made.iter().map(|one| if one.owes { one.to_pay } else { -one.to_pay });
    let (pays, gets): (Vec<domain::Amount>, Vec<domain::Amount>) =
        due.partition(|due| *due > domain::Amount::ZERO);
    let (to_pay, to_get) =
        (pays.into_iter().sum::<domain::Amount>(), -gets.into_iter().sum::<domain::Amount>());
    Ok(Output::sentence(message!(
        "screen.statements",
        count = domain::amount::grouped(made.len() as u64),
        period = order.span.name,
        path = arguments.out.display(),
        to_pay,
        to_get
    )))
}
