//! `samspill evaluate`.

use std::path::PathBuf;

use clap::Args;
use jobs::failure::Result;
use jobs::host::Host;
use jobs::methods::evaluate::{self, EffectMethod, Evaluate};

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
