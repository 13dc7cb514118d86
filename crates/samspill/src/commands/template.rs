//! `samspill template`.

use std::path::PathBuf;

use clap::Args;
use jobs::failure::Result;
use jobs::host::Host;
use jobs::template::{self, Kind};
use words::message;

use super::Output;
use crate::choices::{TEMPLATES, one_of};

#[derive(Args)]
pub struct TemplateArguments {
    #[arg(value_parser = one_of(TEMPLATES))]
    kind: Kind,
    #[arg(long)]
    out: PathBuf,
}

/// Writes a workbook to fill in.
pub fn template(arguments: &TemplateArguments, host: &Host) -> Result<Output> {
    template::write(arguments.kind, &arguments.out, host.language)?;
    Ok(Output::sentence(message!("screen.written", path = arguments.out.display())))
}
