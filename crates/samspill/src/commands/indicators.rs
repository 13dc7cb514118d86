//! `samspill indicators`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use domain::Period;
use jobs::failure::{Result, fail};
use jobs::host::Host;
use jobs::indicators::peers::By as Peers;
use jobs::indicators::{self, Adjust};
use jobs::methods::funnel::Allowance;
use jobs::parties;
use words::Message;

use super::Output;
use super::funnel::ALLOWANCES;
use crate::choices::{FORMS, one_of, or_suited};
use jobs::table::Form;

#[derive(Subcommand)]
pub enum IndicatorsCommand {
    List {
        #[arg(long)]
        own: Vec<PathBuf>,
        #[arg(long = "as", value_parser = one_of(FORMS))]
        form: Option<Form>,
    },
    Run(Box<RunArguments>),
}

#[derive(Args)]
pub struct RunArguments {
    #[arg(required_unless_present = "all")]
    ids: Vec<String>,
    #[arg(long, conflicts_with = "ids")]
    all: bool,
    #[arg(long)]
    period: String,
    #[arg(long)]
    contacts: PathBuf,
    #[arg(long)]
    mapping: Option<PathBuf>,
    #[arg(long)]
    own: Vec<PathBuf>,
    #[arg(long, value_name = "FILE")]
    people: Option<PathBuf>,
    #[arg(long, value_enum, default_value = "age-sex")]
    adjust: AdjustFor,
    #[arg(long, value_parser = one_of(ALLOWANCES), default_value = "additive")]
    overdispersion: Allowance,
    #[arg(long)]
    rebase: Vec<String>,
    #[arg(long, value_name = "FILE")]
    areas: Option<PathBuf>,
    #[arg(long, num_args = 0..=1, default_missing_value = "10", value_parser = clap::value_parser!(u16).range(5..=50))]
    peers: Option<u16>,
    #[arg(long, value_name = "FILE", requires = "peers")]
    peers_by: Option<PathBuf>,
    #[arg(long, value_name = "FILE", conflicts_with = "peers")]
    peer_groups: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    inequality: Option<PathBuf>,
    #[arg(long)]
    profile: Vec<String>,
    #[arg(long, value_name = "TEXT", requires = "profile")]
    inside: Option<String>,
    #[arg(long)]
    by_age: bool,
    #[arg(long)]
    hospitals: bool,
    #[arg(long)]
    units: bool,
    #[arg(long)]
    flows: bool,
    #[arg(long, value_name = "FILE")]
    survey: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    effort: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    counted: Option<PathBuf>,
    #[arg(long)]
    without_kroner: bool,
    #[arg(long)]
    out: PathBuf,
}

#[derive(Clone, Copy, ValueEnum)]
enum AdjustFor {
    AgeSex,
    Age,
    None,
}

/// Reads months with reasons, as `2012-07=reason`, in order. Fails if a month is outside the period, is the first month
/// of the period, or stands twice, or if a reason is missing.
fn rebased(given: &[String], period: Period) -> Result<Vec<(domain::Month, String)>> {
    let one = |text: &String| {
        let (month, reason) = text.split_once('=').unwrap_or((text, ""));
        let month = domain::Month::parse(month)?;
        if !period.months().skip(1).any(|known| known == month) {
            fail!("error.order.rebase_not_within", text, month, period);
        }
        if reason.trim().is_empty() {
            fail!("error.order.rebase_limits_made_anew_reason_written", text, month);
        }
        Ok((month, reason.trim().to_owned()))
    };
    let mut out: Vec<(domain::Month, String)> = given.iter().map(one).collect::<Result<_>>()?;
    out.sort();
    if let Some(pair) = out.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        fail!("error.order.rebase_stands_there_twice_give_both", pair = pair[0].0);
    }
    Ok(out)
}

/// Runs a command on indicators.
pub fn indicators(command: &IndicatorsCommand, host: &Host) -> Result<Output> {
    match command {
        IndicatorsCommand::List { own, form } => {
            let table = indicators::listed(&indicators::asked(&[], own)?, host.language);
            Ok(Output::data(table.render(or_suited(*form), host.reader())))
        }
        IndicatorsCommand::Run(arguments) => run(arguments, host),
    }
}

/// How similar municipalities are found; `None` if they are not asked for.
fn peers(arguments: &RunArguments) -> Option<Peers<'_>> {
    let variables = arguments.peers_by.as_deref();
    let nearest = arguments.peers.map(|count| Peers::Nearest { count: usize::from(count), variables });
    arguments.peer_groups.as_deref().map(Peers::Groups).or(nearest)
}

fn run(arguments: &RunArguments, host: &Host) -> Result<Output> {
    let period = Period::parse_any(&arguments.period)?;
    let rebased = rebased(&arguments.rebase, period)?;
    let named = arguments.profile.iter().map(|word| parties::municipality_named(word, period));
    let profiled = named.collect::<Result<Vec<String>>>()?;
    jobs::indicators::known(&profiled, period)?;
    let order = indicators::Order {
        contacts: &arguments.contacts,
        mapping: arguments.mapping.as_deref(),
        period,
        ids: &arguments.ids,
        own: &arguments.own,
        people: arguments.people.as_deref(),
        language: host.language,
        without_kroner: arguments.without_kroner,
        adjust: match arguments.adjust {
            AdjustFor::AgeSex => Adjust::AgeAndSex,
            AdjustFor::Age => Adjust::Age,
            AdjustFor::None => Adjust::Nothing,
        },
        allowance: arguments.overdispersion,
        rebased: &rebased,
        areas: arguments.areas.as_deref(),
        hospitals: arguments.hospitals,
        units: arguments.units,
        flows: arguments.flows,
        survey: arguments.survey.as_deref(),
        effort: arguments.effort.as_deref(),
        counted: arguments.counted.as_deref(),
        by_age: arguments.by_age,
        peers: peers(arguments),
        inequality: arguments.inequality.as_deref(),
    };
    if arguments.inside.is_some() && profiled.iter().any(|code| code == "all") {
        fail!("error.indicators.inside_of_all");
    }
    let mut found = indicators::run(&order, host)?;
    let (table, words) = found.write(&arguments.out, host)?;
    let data = table.render(or_suited(None), host.reader());
    found.profiles(&profiled, &arguments.out, host)?;
    if let Some(role) = &arguments.inside {
        found.inside_profiles(&profiled, role, &arguments.out)?;
    }
    Ok(Output { data, words: vec![Message::Plain(words)], code: 0 })
}
