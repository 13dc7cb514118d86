//! `samspill standardise`, `interval`, `spc`, `funnel` and `evaluate`: the methods on any small table.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Subcommand};
use jobs::methods::Answer;
use jobs::methods::evaluate::{self, EffectMethod, Evaluate};
use jobs::methods::funnel::{self, Allowance, Funnel};
use jobs::methods::interval::{self, CountMethod, Of, ProportionMethod};
use jobs::methods::spc::{self, Spc};
use jobs::methods::standardise::{self, Method, Standardise};

use super::Said;
use crate::choices::{Words, one_of, or_suited};

/// Methods of standardisation.
const METHODS: Words<Method> = &[
    ("direct", "As if every area had the standard's people (Dobson's interval)", Method::Direct),
    ("indirect", "Events beside what the standard's rates would have given", Method::Indirect),
];

/// Methods for the interval of a count.
const COUNT_METHODS: Words<CountMethod> = &[
    ("byar", "Byar's from ten events, exact below", CountMethod::Byar),
    ("exact", "Exact", CountMethod::Exact),
];

/// Methods for the interval of a proportion.
const PROPORTION_METHODS: Words<ProportionMethod> = &[
    ("wilson", "Wilson's", ProportionMethod::Wilson),
    ("exact", "Exact (Clopper and Pearson)", ProportionMethod::Exact),
];

/// Ways in which the limits of a funnel allow for overdispersion.
pub const ALLOWANCES: Words<Allowance> = &[
    ("none", "Chance alone", Allowance::None),
    ("multiplicative", "All limits are widened by the same factor", Allowance::Multiplicative),
    ("additive", "A spread between areas is added to chance", Allowance::Additive),
];

/// Methods for the effect of a measure.
const EFFECT_METHODS: Words<EffectMethod> = &[
    (
        "its",
        "Interrupted time series: a change of level and slope, allowing for autocorrelation",
        EffectMethod::Its,
    ),
    ("poisson", "The same for counts, as ratios of rates", EffectMethod::Poisson),
    ("did", "Against units where nothing began", EffectMethod::Did),
    ("did-poisson", "The same for counts, as ratios of rates", EffectMethod::DidPoisson),
    ("before-after", "The rate after beside the rate before, and nothing else", EffectMethod::BeforeAfter),
];

/// Reads a confidence level, given in per cent or as a share, and returns it as a share.
fn confidence(text: &str) -> Result<f64, String> {
    let per_cent: f64 =
        text.trim_end_matches('%').trim().replace(',', ".").parse().map_err(|_| "no number".to_owned())?;
    let share = if per_cent > 1.0 { per_cent / 100.0 } else { per_cent };
    if (0.5..1.0).contains(&share) { Ok(share) } else { Err("give 95, 99,8 or 0.95".to_owned()) }
}

fn number(text: &str) -> Result<f64, String> {
    let value = text.trim().replace(',', ".").parse().ok();
    value.filter(|value: &f64| value.is_finite() && *value >= 0.0).ok_or_else(|| "no number".to_owned())
}

fn per_cent(text: &str) -> Result<f64, String> {
    let value = number(text.trim_end_matches('%'))?;
    if value <= 100.0 { Ok(value / 100.0) } else { Err("give 0 to 100".to_owned()) }
}

fn said(json: bool, answer: &Answer) -> Said {
    let data = if json { format!("{:#}\n", answer.value) } else { answer.table.render(or_suited(None)) };
    Said { data, words: String::new(), code: 0 }
}

/// Standardised rates of areas, with intervals.
///
/// Examples:
///   samspill standardise rates.csv --area area --strata age,sex --events events --population people --json
///   samspill standardise persons.csv --area area --strata age --events persons --per-person times --population people
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub struct StandardiseArguments {
    /// A table with a head.
    file: PathBuf,
    /// Column of areas; one area if not given.
    #[arg(long)]
    area: Option<String>,
    /// Columns that divide people: ages first, as 0-4, 90+ or 67.
    #[arg(long, value_delimiter = ',')]
    strata: Vec<String>,
    /// Column of events; with --per-person, of persons.
    #[arg(long)]
    events: String,
    /// Column of people.
    #[arg(long)]
    population: String,
    /// Column of how many events each of a row's persons had: the interval allows for events of the same person.
    #[arg(long)]
    per_person: Option<String>,
    /// esp2013, or a file with the same columns of strata and population; for an indirect rate also events. An indirect
    /// rate without one is set beside all areas together.
    #[arg(long)]
    standard: Option<String>,
    /// Direct or indirect.
    #[arg(long, value_parser = one_of(METHODS), default_value = "direct")]
    method: Method,
    /// Rates are for so many people.
    #[arg(long, default_value_t = 1000.0)]
    per: f64,
    /// How the interval of the events is made.
    #[arg(long, value_parser = one_of(COUNT_METHODS), default_value = "byar")]
    interval: CountMethod,
    /// Per cent.
    #[arg(long, default_value = "95", value_parser = confidence)]
    confidence: f64,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// Runs `standardise`.
pub fn standardise(arguments: &StandardiseArguments) -> Result<Said> {
    let order = Standardise {
        file: arguments.file.clone(),
        area: arguments.area.clone(),
        strata: arguments.strata.clone(),
        events: arguments.events.clone(),
        population: arguments.population.clone(),
        per_person: arguments.per_person.clone(),
        standard: arguments.standard.clone(),
        method: arguments.method,
        per: arguments.per,
        interval: arguments.interval,
        confidence: arguments.confidence,
    };
    Ok(said(arguments.json, &standardise::standardise(&order)?))
}

/// An interval of a single count, proportion or mean.
#[derive(Subcommand)]
pub enum IntervalCommand {
    /// Of a count of events, or of their rate.
    Poisson {
        /// Events.
        #[arg(long, alias = "events", value_parser = number)]
        count: f64,
        /// People, for a rate.
        #[arg(long)]
        population: Option<f64>,
        /// Rates are for so many people.
        #[arg(long, default_value_t = 1000.0)]
        per: f64,
        /// How it is made.
        #[arg(long, value_parser = one_of(COUNT_METHODS), default_value = "byar")]
        method: CountMethod,
        /// Per cent.
        #[arg(long, default_value = "95", value_parser = confidence)]
        confidence: f64,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Of a proportion.
    Proportion {
        /// Events.
        #[arg(long, alias = "events", value_parser = number)]
        count: f64,
        /// Of how many.
        #[arg(long, aliases = ["population", "n"])]
        of: f64,
        /// How it is made.
        #[arg(long, value_parser = one_of(PROPORTION_METHODS), default_value = "wilson")]
        method: ProportionMethod,
        /// Per cent.
        #[arg(long, default_value = "95", value_parser = confidence)]
        confidence: f64,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Of a mean.
    Mean {
        /// Mean.
        #[arg(long)]
        mean: f64,
        /// Standard deviation.
        #[arg(long)]
        spread: f64,
        /// Of how many.
        #[arg(long, alias = "n")]
        of: f64,
        /// Per cent.
        #[arg(long, default_value = "95", value_parser = confidence)]
        confidence: f64,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

/// Runs `interval`.
pub fn interval(command: &IntervalCommand) -> Result<Said> {
    let (of, json) = match *command {
        IntervalCommand::Poisson { count, population, per, method, confidence, json } => {
            (Of::Poisson { count, population, per, method, confidence }, json)
        }
        IntervalCommand::Proportion { count, of, method, confidence, json } => {
            (Of::Proportion { count, of, method, confidence }, json)
        }
        IntervalCommand::Mean { mean, spread, of, confidence, json } => {
            (Of::Mean { mean, spread, of, confidence }, json)
        }
    };
    Ok(said(json, &interval::interval(&of)?))
}

/// An XmR chart: limits, and the values that meet a rule.
///
/// Example: samspill spc months.csv --value rate --label month --rebase "2012-01=reformen" --json
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub struct SpcArguments {
    /// A table with a head; rows in order of time.
    file: PathBuf,
    /// Column of values.
    #[arg(long)]
    value: String,
    /// Column of names of times.
    #[arg(long)]
    label: Option<String>,
    /// New limits from a time (its label, or its row from 1), with the reason: 2012-01=reformen.
    #[arg(long)]
    rebase: Vec<String>,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// Runs `spc`.
pub fn spc(arguments: &SpcArguments) -> Result<Said> {
    let order = Spc {
        file: arguments.file.clone(),
        value: arguments.value.clone(),
        label: arguments.label.clone(),
        rebase: arguments.rebase.clone(),
    };
    Ok(said(arguments.json, &spc::spc(&order)?))
}

/// A funnel: which areas differ more than chance, and more than areas usually do.
///
/// Example: samspill funnel areas.csv --area area --events events --population people --allowance additive --json
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub struct FunnelArguments {
    /// A table with a head.
    file: PathBuf,
    /// Column of areas.
    #[arg(long)]
    area: String,
    /// Column of events.
    #[arg(long)]
    events: String,
    /// Column of people: all are set beside the rate of all.
    #[arg(long, required_unless_present = "expected")]
    population: Option<String>,
    /// Column of expected events, instead of people.
    #[arg(long, conflicts_with = "population")]
    expected: Option<String>,
    /// How limits allow for overdispersion.
    #[arg(long, value_parser = one_of(ALLOWANCES), default_value = "additive")]
    allowance: Allowance,
    /// Rates are for so many people.
    #[arg(long, default_value_t = 1000.0)]
    per: f64,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// Runs `funnel`.
pub fn funnel(arguments: &FunnelArguments) -> Result<Said> {
    let order = Funnel {
        file: arguments.file.clone(),
        area: arguments.area.clone(),
        events: arguments.events.clone(),
        population: arguments.population.clone(),
        expected: arguments.expected.clone(),
        allowance: arguments.allowance,
        per: arguments.per,
    };
    Ok(said(arguments.json, &funnel::funnel(&order)?))
}

/// What changed when a measure began.
///
/// Example: samspill evaluate months.csv --time month --value fractures --population people --from 2012-01 --method poisson --json
#[derive(Args)]
#[command(verbatim_doc_comment)]
pub struct EvaluateArguments {
    /// A table with a head.
    file: PathBuf,
    /// Column of times; they are put in order.
    #[arg(long)]
    time: String,
    /// Column of values or events.
    #[arg(long)]
    value: String,
    /// Column of people.
    #[arg(long)]
    population: Option<String>,
    /// Column of units (did).
    #[arg(long)]
    unit: Option<String>,
    /// Column that is 1 for units where it began (did).
    #[arg(long)]
    treated: Option<String>,
    /// First time after it began.
    #[arg(long)]
    from: String,
    /// How.
    #[arg(long, value_parser = one_of(EFFECT_METHODS), default_value = "its")]
    method: EffectMethod,
    /// Events expected before, from people and others' rates (before-after): what would have come if nothing was done.
    #[arg(long, requires = "own_weight", value_parser = number)]
    expected: Option<f64>,
    /// How much of a deviation is the area's own, per cent, as `indicators` gives it (before-after).
    #[arg(long, requires = "expected", value_parser = per_cent)]
    own_weight: Option<f64>,
    /// How many before an error depends on (its), by Newey and West. If not given, errors lean on the one before as much
    /// as the series tells.
    #[arg(long)]
    lags: Option<usize>,
    /// Per cent.
    #[arg(long, default_value = "95", value_parser = confidence)]
    confidence: f64,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// Runs `evaluate`.
pub fn evaluate(arguments: &EvaluateArguments) -> Result<Said> {
    let order = Evaluate {
        file: arguments.file.clone(),
        time: arguments.time.clone(),
        value: arguments.value.clone(),
        population: arguments.population.clone(),
        unit: arguments.unit.clone(),
        treated: arguments.treated.clone(),
        from: arguments.from.clone(),
        method: arguments.method,
        expected: arguments.expected,
        own_weight: arguments.own_weight,
        lags: arguments.lags,
        confidence: arguments.confidence,
    };
    Ok(said(arguments.json, &evaluate::evaluate(&order)?))
}
