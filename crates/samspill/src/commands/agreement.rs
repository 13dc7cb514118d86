//! `samspill agreement`.

use std::path::PathBuf;

use clap::Args;
use jobs::failure::Result;
use jobs::host::Host;
use jobs::what_if::agreement_brief;
use jobs::{parties, people};
use words::message;

use super::Output;
use super::simulate::whole_year;

#[derive(Args)]
pub struct AgreementArguments {
    file: PathBuf,
    #[arg(long)]
    contacts: PathBuf,
    #[arg(long)]
    mapping: Option<PathBuf>,
    #[arg(long)]
    period: String,
    #[arg(long)]
    people: Option<PathBuf>,
    #[arg(long, num_args = 1..)]
    municipality: Vec<String>,
    #[arg(long)]
    out: PathBuf,
}

/// Works out the agreement.
pub fn agreement(arguments: &AgreementArguments, host: &Host) -> Result<Output> {
    let period = whole_year(&arguments.period)?;
    let named = arguments.municipality.iter().map(|word| parties::municipality_named(word, period));
    let municipalities = named.collect::<Result<Vec<String>>>()?;
    let order = jobs::what_if::agreement::Order {
        file: &arguments.file,
        contacts: &arguments.contacts,
        mapping: arguments.mapping.as_deref(),
        period,
        people: people::people(arguments.people.as_deref(), period)?,
        briefs: &municipalities,
        out: &arguments.out,
    };
    let worked = jobs::what_if::agreement::run(&order, host)?;
    let mut words = vec![message!("screen.written", path = arguments.out.display())];
    for code in &municipalities {
        let written = agreement_brief::write(&worked, code, &arguments.out, host)?;
        let shown = |name: &String| message!("screen.written", path = arguments.out.join(name).display());
        words.extend(written.iter().map(shown));
    }
    Ok(Output { data: worked.summary(host.language), words, code: 0 })
}
