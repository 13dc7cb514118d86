//! A synthetic register in a folder, of people who do not exist.

use std::path::Path;

use crate::failure::Result;
use register::synth::{self, Made};

use crate::host::Host;
use crate::progress::Work;

/// Makes the register of a year with this number of inhabitants; `None` for as many as the country has. `slow` is the code
/// of a municipality whose patients wait more than others.
///
/// # Errors
/// Fails if there is no population for the year, or if the folder cannot be written.
pub fn run(
    year: i16,
    people: Option<u64>,
    seed: u64,
    slow: Option<&'static str>,
    folder: &Path,
    host: &Host,
) -> Result<Made> {
    let stage = host.begin(Work::MakeRegister(year));
    let recipe = synth::Recipe { year, people, seed, slow, threads: host.threads };
    let made = synth::make(&recipe, folder, |done, of| stage.at(done, of))?;
    stage.done();
    crate::trust::remember(&folder.join("contacts.parquet"), host)?;
    Ok(made)
}
