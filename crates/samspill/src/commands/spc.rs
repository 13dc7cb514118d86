//! `samspill spc`.

use std::path::PathBuf;

use clap::Args;
use jobs::failure::Result;
use jobs::host::Host;
use jobs::methods::spc::{self, Spc};

use super::Output;
use super::methods::output;

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
