//! `samspill standardise`, `interval`, `spc`, `funnel` and `evaluate`: the methods on any small table.

use std::path::PathBuf;
use words::message;

use clap::{Args, Subcommand};
use jobs::failure::{Failure, Result};
use jobs::host::Host;
use jobs::methods::Answer;
use jobs::methods::evaluate::{self, EffectMethod, Evaluate};
use jobs::methods::funnel::{self, Allowance, Funnel};
use jobs::methods::interval::{self, CountMethod, Of, ProportionMethod};
use jobs::methods::spc::{self, Spc};
use jobs::methods::standardise::{self, Method, Standardise};

use super::Output;
use crate::choices::{Words, one_of, or_suited};

/// Methods of standardisation.
const METHODS: Words<Method> = &[("direct", Method::Direct), ("indirect", Method::Indirect)];

/// Methods for the interval of a count.
const COUNT_METHODS: Words<CountMethod> = &[("byar", CountMethod::Byar), ("exact", CountMethod::Exact)];

/// Methods for the interval of a proportion.
const PROPORTION_METHODS: Words<ProportionMethod> =
    &[("wilson", ProportionMethod::Wilson), ("exact", ProportionMethod::Exact)];

/// Ways in which the limits of a funnel allow for overdispersion.
pub const ALLOWANCES: Words<Allowance> = &[
    ("none", Allowance::None),
    ("multiplicative", Allowance::Multiplicative),
    ("additive", Allowance::Additive),
];

/// Methods for the effect of a measure.
const EFFECT_METHODS: Words<EffectMethod> = &[
    ("its", EffectMethod::Its),
    ("poisson", EffectMethod::Poisson),
    ("did", EffectMethod::Did),
    ("did-poisson", EffectMethod::DidPoisson),
    ("before-after", EffectMethod::BeforeAfter),
];

/// Reads a confidence level, given in per cent or as a share, and returns it as a share.
fn confidence(text: &str) -> Result<f64> {
    let per_cent: f64 = text
        .trim_end_matches('%')
        .trim()
        .replace(',', ".")
        .parse()
        .map_err(|_| Failure::of(message!("usage.not_number")))?;
    let share = if per_cent > 1.0 { per_cent / 100.0 } else { per_cent };
    if (0.5..1.0).contains(&share) { Ok(share) } else { Err(Failure::of(message!("usage.confidence"))) }
}

fn number(text: &str) -> Result<f64> {
    let value = text.trim().replace(',', ".").parse().ok();
    value
        .filter(|value: &f64| value.is_finite() && *value >= 0.0)
        .ok_or_else(|| Failure::of(message!("usage.not_number")))
}

fn per_cent(text: &str) -> Result<f64> {
    let value = number(text.trim_end_matches('%'))?;
    if value <= 100.0 { Ok(value / 100.0) } else { Err(Failure::of(message!("usage.per_cent"))) }
}

fn output(json: bool, answer: &Answer, host: &Host) -> Output {
    Output::data(match json {
        true => format!("{:#}\n", answer.value),
        false => answer.table.render(or_suited(None), host.reader()),
    })
}

#[derive(Args)]
pub struct StandardiseArguments {
    file: PathBuf,
    #[arg(long)]
    area: Option<String>,
    #[arg(long, value_delimiter = ',')]
    strata: Vec<String>,
    #[arg(long)]
    events: String,
    #[arg(long)]
    population: String,
    #[arg(long)]
    per_person: Option<String>,
    #[arg(long)]
    standard: Option<String>,
    #[arg(long, value_parser = one_of(METHODS), default_value = "direct")]
    method: Method,
    #[arg(long, default_value_t = 1000.0)]
    per: f64,
    #[arg(long, value_parser = one_of(COUNT_METHODS), default_value = "byar")]
    interval: CountMethod,
    #[arg(long, default_value = "95", value_parser = confidence)]
    confidence: f64,
    #[arg(long)]
    json: bool,
}

/// Runs `standardise`.
pub fn standardise(arguments: &StandardiseArguments, host: &Host) -> Result<Output> {
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
    Ok(output(arguments.json, &standardise::standardise(&order)?, host))
}

#[derive(Subcommand)]
pub enum IntervalCommand {
    Poisson {
        #[arg(long, alias = "events", value_parser = number)]
        count: f64,
        #[arg(long)]
        population: Option<f64>,
        #[arg(long, default_value_t = 1000.0)]
        per: f64,
        #[arg(long, value_parser = one_of(COUNT_METHODS), default_value = "byar")]
        method: CountMethod,
        #[arg(long, default_value = "95", value_parser = confidence)]
        confidence: f64,
        #[arg(long)]
        json: bool,
    },
    Proportion {
        #[arg(long, alias = "events", value_parser = number)]
        count: f64,
        #[arg(long, aliases = ["population", "n"])]
        of: f64,
        #[arg(long, value_parser = one_of(PROPORTION_METHODS), default_value = "wilson")]
        method: ProportionMethod,
        #[arg(long, default_value = "95", value_parser = confidence)]
        confidence: f64,
        #[arg(long)]
        json: bool,
    },
    Mean {
        #[arg(long)]
        mean: f64,
        #[arg(long)]
        spread: f64,
        #[arg(long, alias = "n")]
        of: f64,
        #[arg(long, default_value = "95", value_parser = confidence)]
        confidence: f64,
        #[arg(long)]
        json: bool,
    },
}

/// Runs `interval`.
pub fn interval(command: &IntervalCommand, host: &Host) -> Result<Output> {
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
    Ok(output(json, &interval::interval(&of)?, host))
}

#[derive(Args)]
pub struct SpcArguments {
    file: PathBuf,
    #[arg(long)]
    value: String,
    #[arg(long)]
    label: Option<String>,
    #[arg(long)]
    rebase: Vec<String>,
    #[arg(long)]
    json: bool,
}

/// Runs `spc`.
pub fn spc(arguments: &SpcArguments, host: &Host) -> Result<Output> {
    let order = Spc {
        file: arguments.file.clone(),
        value: arguments.value.clone(),
        label: arguments.label.clone(),
        rebase: arguments.rebase.clone(),
    };
    Ok(output(arguments.json, &spc::spc(&order)?, host))
}

#[derive(Args)]
pub struct FunnelArguments {
    file: PathBuf,
    #[arg(long)]
    area: String,
    #[arg(long)]
    events: String,
    #[arg(long, required_unless_present = "expected")]
    population: Option<String>,
    #[arg(long, conflicts_with = "population")]
    expected: Option<String>,
    #[arg(long, value_parser = one_of(ALLOWANCES), default_value = "additive")]
    allowance: Allowance,
    #[arg(long, default_value_t = 1000.0)]
    per: f64,
    #[arg(long)]
    json: bool,
}

/// Runs `funnel`.
pub fn funnel(arguments: &FunnelArguments, host: &Host) -> Result<Output> {
    let order = Funnel {
        file: arguments.file.clone(),
        area: arguments.area.clone(),
        events: arguments.events.clone(),
        population: arguments.population.clone(),
        expected: arguments.expected.clone(),
        allowance: arguments.allowance,
        per: arguments.per,
    };
    Ok(output(arguments.json, &funnel::funnel(&order)?, host))
}

#[derive(Args)]
pub struct EvaluateArguments {
    file: PathBuf,
    #[arg(long)]
    time: String,
    #[arg(long)]
    value: String,
    #[arg(long)]
    population: Option<String>,
    #[arg(long)]
    unit: Option<String>,
    #[arg(long)]
    treated: Option<String>,
    #[arg(long)]
    from: String,
    #[arg(long, value_parser = one_of(EFFECT_METHODS), default_value = "its")]
    method: EffectMethod,
    #[arg(long, requires = "own_weight", value_parser = number)]
    expected: Option<f64>,
    #[arg(long, requires = "expected", value_parser = per_cent)]
    own_weight: Option<f64>,
    #[arg(long)]
    lags: Option<usize>,
    #[arg(long, default_value = "95", value_parser = confidence)]
    confidence: f64,
    #[arg(long)]
    json: bool,
}

/// Runs `evaluate`.
pub fn evaluate(arguments: &EvaluateArguments, host: &Host) -> Result<Output> {
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
    Ok(output(arguments.json, &evaluate::evaluate(&order)?, host))
}
