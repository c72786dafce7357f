//! Pythons of the project's own, under `target/`.

use std::path::Path;

use crate::process::run;

/// The Python under `target/NAME` with what `tests/NAME/requirements.txt` names.
pub(crate) fn environment(name: &str) -> anyhow::Result<String> {
    let folder = Path::new("target").join(name).display().to_string();
    let python = Path::new(&folder).join("bin/python").display().to_string();
    if !Path::new(&python).exists() {
        run("python3", &["-m", "venv", &folder], &[])?;
    }
    let requirements = format!("tests/{name}/requirements.txt");
    let install = ["-m", "pip", "install", "--quiet"];
    let what = [
        "--disable-pip-version-check",
        "--requirement",
        &requirements,
    ];
    run(&python, &[&install[..], &what].concat(), &[])?;
    Ok(python)
}
