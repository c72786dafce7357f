//! `spindle`: trains networks, extracts their AND-OR interactions with a certificate, and shows the
//! two phases.
//!
//! A thin door: commands turn flags into calls of `spindle-core`, whose pipeline conducts a run
//! over its folder, and draw with `spindle-report`. Exit code 0: done; 1: failed or interrupted; 2:
//! wrong usage.

mod arguments;
mod command;
mod computation;
mod inputs;
mod interrupt;
mod looking;
mod output;
mod terminal;

use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, Command};
use terminal::Terminal;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let terminal = Terminal::new(arguments.quiet, arguments.json);
    interrupt::listen();
    match dispatch(arguments.command, &terminal) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            terminal.error(&error);
            ExitCode::FAILURE
        }
    }
}

fn dispatch(command: Command, terminal: &Terminal) -> anyhow::Result<()> {
    command::refuse_addresses(&command)?;
    match command {
        Command::Run(new) => command::run::run(&new, terminal),
        Command::Train(new) => command::run::train(&new, terminal),
        Command::Extract(run) => command::run::extract(&run, terminal),
        Command::Analyze(run) => command::run::analyze(&run, terminal),
        Command::Merge(run) => command::shards::merge(&run.run, terminal),
        Command::Copy(copy) => command::stores::copy(&copy.from, &copy.to, terminal),
        Command::Values(values) => command::values::values(&values, terminal),
        Command::Decompose(decompose) => command::decompose::decompose(&decompose, terminal),
        Command::Verify(verify) => command::verify::verify(&verify, terminal),
        Command::Ranges(ranges) => command::ranges::ranges(&ranges, terminal),
        Command::Landscape(landscape) => command::landscape::landscape(&landscape, terminal),
        Command::Tangent(tangent) => command::tangent::tangent(&tangent, terminal),
        Command::Sweep(sweep) => command::sweep::sweep(&sweep, terminal),
        Command::Status(status) => command::sweep::status(&status, terminal),
        Command::Export(export) => command::export::export(&export, terminal),
        Command::Serve(serve) => command::serve::serve(&serve, terminal),
        Command::Compare(compare) => command::compare::compare(&compare, terminal),
        Command::Data(data) => command::data::data(&data, terminal),
        Command::Doctor(doctor) => command::doctor::doctor(&doctor, terminal),
        Command::Completions { shell } => command::completions(shell),
    }
}
