//! `samspill statement`.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use domain::{Day, Month, Period};
use jobs::host::Host;
use jobs::refusal::Refusal;
use jobs::settlement::statement::{self, PaperForm};
use jobs::settlement::{Books, Span};

use super::{Place, Said};
use crate::choices::{PAPER_FORMS, one_of};
use crate::clock::now;

#[derive(Args)]
pub struct StatementArguments {
    /// 2012-03, 2012-T1 or 2012.
    period: String,
    #[command(flatten)]
    place: Place,
    /// The year up to and with the month given.
    #[arg(long)]
    to_date: bool,
    /// Municipality's code, organisation number or 'state'; all if not given.
    #[arg(long, alias = "municipality")]
    party: Vec<String>,
    /// Forms.
    #[arg(long = "as", value_delimiter = ',', default_value = "pdf,xlsx", value_parser = one_of(PAPER_FORMS))]
    forms: Vec<PaperForm>,
    /// As it was known at the end of this day, or at this minute.
    #[arg(long)]
    known_on: Option<String>,
    /// As this version said.
    #[arg(long)]
    version: Option<usize>,
    /// Language decisions: code;nb or code;nn.
    #[arg(long)]
    languages: Option<PathBuf>,
    /// Name of the sender.
    #[arg(long)]
    sender: Option<String>,
    /// A sheet of the contacts behind the lines, for those who may see them.
    #[arg(long, requires = "party")]
    with_claims: bool,
    /// Tables with comma and point, for programs.
    #[arg(long)]
    plain: bool,
    /// Folder.
    #[arg(long, default_value = "statements")]
    out: PathBuf,
}

/// Makes statements.
pub fn statement(arguments: &StatementArguments, host: &Host) -> Result<Said> {
    let span = match arguments.to_date {
        true => Span::to_date(Month::parse(&arguments.period)?),
        false => Span::of(Period::parse(&arguments.period)?),
    };
    let Some(span) = span else { anyhow::bail!("'{}' holds no month", arguments.period) };
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
    let parties = if arguments.party.is_empty() {
        String::new()
    } else {
        format!(" --party {}", arguments.party.join(" --party "))
    };
    let version = arguments.version.map_or_else(String::new, |version| format!(" --version {version}"));
    let mut books = Books::open(&arguments.place.ledger)?;
    let order = statement::Order {
        span,
        parties: &arguments.party,
        forms: &arguments.forms,
        known_on,
        version: arguments.version,
        languages: arguments.languages.as_deref(),
        sender: arguments.sender.as_deref(),
        with_claims: arguments.with_claims,
        plain: arguments.plain,
        out: &arguments.out,
        command: format!("samspill statement {}{parties}{version} --ledger LEDGER", arguments.period),
    };
    let made = statement::run(&mut books, &order, host)?;
    // A party that owes a negative amount is owed it.
    let due = made.iter().map(|one| if one.owes { one.to_pay } else { -one.to_pay });
    let (pays, gets): (Vec<domain::Amount>, Vec<domain::Amount>) =
        due.partition(|due| *due > domain::Amount::ZERO);
    let (to_pay, to_get) =
        (pays.into_iter().sum::<domain::Amount>(), -gets.into_iter().sum::<domain::Amount>());
    Ok(Said::words(format!(
        "{} oppgjør for {} i {}; å betale {to_pay}, til gode {to_get}",
        domain::amount::grouped(made.len() as u64),
        order.span.name,
        arguments.out.display()
    )))
}
