//! The reader's browser.

use std::{
    io,
    process::{Command, Stdio},
};

/// Opens an address in the browser.
///
/// # Errors
/// Where the program that does so is not there.
pub fn open_browser(address: &str) -> io::Result<()> {
    let (program, arguments): (_, &[&str]) = match std::env::consts::OS {
        "macos" => ("open", &[]),
        "windows" => ("cmd", &["/C", "start"]),
        _ => ("xdg-open", &[]),
    };
    let mut command = Command::new(program);
    // What a browser has to say is none of this program's output.
    command.args(arguments).arg(address);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    match command.spawn() {
        Ok(_) => Ok(()),
        Err(error) => Err(io::Error::new(error.kind(), format!("{program}: {error}"))),
    }
}
