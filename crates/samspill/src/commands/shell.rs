//! `samspill completions` and `samspill man`: completions of the command line for a shell, and manual pages of the commands.

use std::path::PathBuf;

use clap::{Args, Command};
use clap_complete::Shell;
use jobs::failure::{About, Result};
use jobs::host::Host;
use words::message;

use super::Output;
use crate::help;

#[derive(Args)]
pub struct CompletionsArguments {
    shell: Shell,
}

#[derive(Args)]
pub struct ManArguments {
    #[arg(long)]
    out: PathBuf,
}

/// Completions for a shell, as a script. `program` is the command line of the program.
pub fn completions(arguments: &CompletionsArguments, program: Command, host: &Host) -> Output {
    let mut command = help::worded(program, host.language);
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, "samspill", &mut script);
    Output::data(String::from_utf8_lossy(&script).into_owned())
}

/// Writes a manual page for each command. `program` is the command line of the program.
pub fn man(arguments: &ManArguments, program: Command, host: &Host) -> Result<Output> {
    let path = || arguments.out.display();
    std::fs::create_dir_all(&arguments.out).about(|| message!("error.file.make", path = path()))?;
    let command = help::worded(program, host.language);
    clap_mangen::generate_to(command, &arguments.out).about(|| message!("error.file.make", path = path()))?;
    Ok(Output::sentence(message!("screen.written", path = path())))
}
