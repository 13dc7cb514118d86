//! `samspill indicators`.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::{Args, Subcommand, ValueEnum};
use domain::Period;
use jobs::host::Host;
use jobs::indicators::{self, Adjust};
use jobs::methods::funnel::Allowance;

use super::Said;
use super::methods::ALLOWANCES;
use crate::choices::{FORMS, one_of, or_suited};
use jobs::table::Form;

/// What happens to our patients.
#[derive(Subcommand)]
pub enum IndicatorsCommand {
    /// What there is, with definitions and sources.
    List {
        /// Indicators of your own (TOML).
        #[arg(long)]
        own: Vec<PathBuf>,
        /// Form of the table.
        #[arg(long = "as", value_parser = one_of(FORMS))]
        form: Option<Form>,
    },
    /// Count them for every municipality.
    ///
    /// Example: samspill indicators run --all --period 2012 --contacts contacts.parquet --out indikatorer
    Run(Box<RunArguments>),
}

/// Arguments of `indicators run`.
#[derive(Args)]
pub struct RunArguments {
    /// Ids, as `indicators list` shows them.
    #[arg(required_unless_present = "all")]
    ids: Vec<String>,
    /// All of them.
    #[arg(long, conflicts_with = "ids")]
    all: bool,
    /// 2012, 2012-T2 or 2012-03; 2012-2014 or 2012-07..2013-06 for more together, which small municipalities need.
    #[arg(long)]
    period: String,
    /// CSV or Parquet.
    #[arg(long)]
    contacts: PathBuf,
    /// Built-in mapping (samspill, npr-extract) or a TOML file.
    #[arg(long)]
    mapping: Option<PathBuf>,
    /// Indicators of your own (TOML).
    #[arg(long)]
    own: Vec<PathBuf>,
    /// Inhabitants: municipality;age;people, or municipality;age;sex;people. For 2010 to 2014 the mean of two new years
    /// comes with the program.
    #[arg(long)]
    people: Option<PathBuf>,
    /// What municipalities are held against: the country's rates for their ages and sexes, for their ages, or as they are.
    #[arg(long, value_enum, default_value = "age-sex")]
    adjust: AdjustFor,
    /// How municipalities are let differ in the funnel beside chance: a spread between them is added to it, its limits are
    /// widened by the same factor, or not at all.
    #[arg(long, value_parser = one_of(ALLOWANCES), default_value = "additive")]
    overdispersion: Allowance,
    /// A month that the limits of the country's months are made anew from, with the reason: 2012-07=ny registrering.
    #[arg(long)]
    rebase: Vec<String>,
    /// Municipalities that are counted together too, as a partnership: municipality;area.
    #[arg(long)]
    areas: Option<PathBuf>,
    /// Municipalities that get a profile of four pages (PDF); all for every one.
    #[arg(long)]
    profile: Vec<String>,
    /// Tell of age groups and sexes of every municipality, trust area and region too.
    #[arg(long)]
    by_age: bool,
    /// Count by treating trust or institution too: counts, proportions and means.
    #[arg(long)]
    hospitals: bool,
    /// The same by treating unit.
    #[arg(long)]
    units: bool,
    /// Answers to surveys: question;aim;municipality;answers;positive (aim: experience or work).
    #[arg(long)]
    survey: Option<PathBuf>,
    /// What municipalities did themselves for shared patients: municipality;what;kroner;paid_by_others.
    #[arg(long)]
    effort: Option<PathBuf>,
    /// What others have counted of indicators that the register lacks, as stays in municipal acute beds:
    /// indicator;municipality;numerator;denominator (empty for a rate).
    #[arg(long)]
    counted: Option<PathBuf>,
    /// Leave out what each costs the parties: faster, and no law is needed.
    #[arg(long)]
    without_kroner: bool,
    /// Bokmål or nynorsk.
    #[arg(long, default_value = "nb", value_parser = ["nb", "nn"])]
    language: String,
    /// Folder.
    #[arg(long)]
    out: PathBuf,
}

/// What municipalities are held against.
#[derive(Clone, Copy, ValueEnum)]
enum AdjustFor {
    /// Their ages and sexes.
    AgeSex,
    /// Their ages.
    Age,
    /// As they are.
    None,
}

/// Reads months with reasons, as `2012-07=reason`, in order. Fails if a month is not within the period or
/// stands twice, or if a reason is missing.
fn rebased(given: &[String], period: Period) -> Result<Vec<(domain::Month, String)>> {
    let one = |text: &String| {
        let (month, reason) = text.split_once('=').unwrap_or((text, ""));
        let month = domain::Month::parse(month)?;
        if !period.months().skip(1).any(|known| known == month) {
            bail!("--rebase {text}: {month} is not within {period}");
        }
        if reason.trim().is_empty() {
            bail!("--rebase {text}: limits are made anew for a reason that is written down: {month}=REASON");
        }
        Ok((month, reason.trim().to_owned()))
    };
    let mut out: Vec<(domain::Month, String)> = given.iter().map(one).collect::<Result<_>>()?;
    out.sort();
    if let Some(pair) = out.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        bail!("--rebase: {} stands there twice: give both reasons at once", pair[0].0);
    }
    Ok(out)
}

/// Runs a command on indicators.
pub fn indicators(command: &IndicatorsCommand, host: &Host) -> Result<Said> {
    match command {
        IndicatorsCommand::List { own, form } => {
            let table = indicators::listed(&indicators::asked(&[], own)?);
            Ok(Said { data: table.render(or_suited(*form)), words: String::new(), code: 0 })
        }
        IndicatorsCommand::Run(arguments) => run(arguments, host),
    }
}

fn run(arguments: &RunArguments, host: &Host) -> Result<Said> {
    let period = Period::parse_any(&arguments.period)?;
    let rebased = rebased(&arguments.rebase, period)?;
    jobs::indicators::known(&arguments.profile, period)?;
    let order = indicators::Order {
        contacts: &arguments.contacts,
        mapping: arguments.mapping.as_deref(),
        period,
        ids: &arguments.ids,
        own: &arguments.own,
        people: arguments.people.as_deref(),
        nynorsk: arguments.language == "nn",
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
        survey: arguments.survey.as_deref(),
        effort: arguments.effort.as_deref(),
        counted: arguments.counted.as_deref(),
        by_age: arguments.by_age,
    };
    let found = indicators::run(&order, host)?;
    let (table, words) = found.write(&arguments.out)?;
    let data = table.render(or_suited(None));
    found.profiles(&arguments.profile, &arguments.out, host)?;
    Ok(Said { data, words, code: 0 })
}
