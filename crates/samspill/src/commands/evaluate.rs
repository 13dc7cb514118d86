//! `samspill evaluate`.

use std::path::PathBuf;

use clap::Args;
use jobs::failure::{Result, fail};
use jobs::host::Host;
use jobs::methods::evaluate::{self, EffectMethod, Errors, Evaluate, Lags, Model};

use super::Output;
use super::methods::{confidence, number, output, per_cent};
use crate::choices::{Words, one_of};

/// Methods for the effect of a measure.
const EFFECT_METHODS: Words<EffectMethod> = &[
    ("its", EffectMethod::Its),
    ("poisson", EffectMethod::Poisson),
    ("did", EffectMethod::Did),
    ("did-poisson", EffectMethod::DidPoisson),
    ("before-after", EffectMethod::BeforeAfter),
];

/// What may change where a measure begins.
const MODELS: Words<Model> = &[("level", Model::Level), ("level-and-slope", Model::LevelAndSlope)];

/// How errors are correlated, before the number of lags is known.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    FirstOrder,
    Plain,
    NeweyWest,
}

const KINDS: Words<Kind> =
    &[("first-order", Kind::FirstOrder), ("plain", Kind::Plain), ("newey-west", Kind::NeweyWest)];

/// The errors asked for: lags mean Newey and West's.
///
/// # Errors
/// Fails if lags are given for other errors, or none for Newey and West's.
fn errors(arguments: &EvaluateArguments) -> Result<Errors> {
    let of_few = !arguments.no_small_sample;
    match (arguments.errors, arguments.lags) {
        (None | Some(Kind::NeweyWest), Some(count)) => Ok(Errors::NeweyWest(Lags { count, of_few })),
        (Some(Kind::FirstOrder | Kind::Plain), Some(_)) => {
            fail!("error.evaluate.lags_of_others")
        }
        (Some(Kind::NeweyWest), None) => fail!("error.evaluate.no_lags"),
        (Some(Kind::Plain), None) => Ok(Errors::Plain),
        (Some(Kind::FirstOrder) | None, None) => Ok(Errors::FirstOrder),
    }
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
    #[arg(long, value_parser = one_of(MODELS), default_value = "level-and-slope")]
    model: Model,
    #[arg(long, value_parser = one_of(KINDS))]
    errors: Option<Kind>,
    #[arg(long)]
    lags: Option<usize>,
    #[arg(long, requires = "lags")]
    no_small_sample: bool,
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
        model: arguments.model,
        errors: errors(arguments)?,
        confidence: arguments.confidence,
    };
    Ok(output(arguments.json, &evaluate::evaluate(&order)?, host))
}
