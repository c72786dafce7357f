//! The folders of two runs.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};

use super::contents;

/// What every run has. Without it there would be nothing to compare, and nothing is always the
/// same.
const PARTS: [&str; 6] = [
    "run.json",
    "state.safetensors",
    "checkpoints/",
    "losses/",
    "outputs/",
    "interactions/",
];

/// A sentence for each difference between what two runs hold: all arrays, and the record. Tables,
/// figures and the report are drawn from these.
pub(super) fn differences(old: &Path, new: &Path) -> anyhow::Result<Vec<String>> {
    let [old_files, new_files] = [compared_files(old)?, compared_files(new)?];
    check_whole(old, &old_files)?;
    let mut found = Vec::new();
    for file in old_files.union(&new_files) {
        match (old_files.contains(file), new_files.contains(file)) {
            (true, true) => {
                let [old, new] = [read(&old.join(file))?, read(&new.join(file))?];
                found.extend(contents::differences(file, &old, &new)?);
            }
            (true, false) => found.push(format!("{file} is missing in NEW")),
            _ => found.push(format!("{file} is in NEW only")),
        }
    }
    Ok(found)
}

/// A file's bytes.
pub(super) fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

/// Files of a run that are compared, from its folder on.
fn compared_files(run: &Path) -> anyhow::Result<BTreeSet<String>> {
    let mut files = BTreeSet::new();
    for path in all_files(run)? {
        let file = path.strip_prefix(run)?.display().to_string();
        if file == "run.json" || file.ends_with(".safetensors") {
            files.insert(file);
        }
    }
    Ok(files)
}

fn all_files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let entries = fs::read_dir(folder);
    for entry in entries.with_context(|| format!("cannot read {}", folder.display()))? {
        let path = entry?.path();
        match path.is_dir() {
            true => files.extend(all_files(&path)?),
            false => files.push(path),
        }
    }
    Ok(files)
}

fn check_whole(run: &Path, files: &BTreeSet<String>) -> anyhow::Result<()> {
    for part in PARTS {
        if !files.iter().any(|file| file.starts_with(part)) {
            bail!("{} has no {part}", run.display());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A run's folder whose arrays are all empty.
    fn write_run(run: &Path, steps: &[usize]) -> anyhow::Result<()> {
        let empty = safetensors::serialize::<&str, safetensors::tensor::TensorView, _>([], None)?;
        for part in &PARTS[2..] {
            fs::create_dir_all(run.join(part))?;
            for step in steps {
                fs::write(run.join(format!("{part}{step}.safetensors")), &empty)?;
            }
        }
        fs::write(run.join(PARTS[1]), &empty)?;
        Ok(())
    }

    #[test]
    fn a_run_without_a_part_is_not_compared() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        write_run(folder.path(), &[0])?;
        let failure = differences(folder.path(), folder.path()).err();
        let told = failure.context("it was compared")?.to_string();
        assert!(told.ends_with("has no run.json"), "{told}");
        Ok(())
    }

    #[test]
    fn files_of_one_run_only_are_told() -> anyhow::Result<()> {
        let folder = tempfile::tempdir()?;
        let [old, new] = ["old", "new"].map(|name| folder.path().join(name));
        write_run(&old, &[0, 5])?;
        write_run(&new, &[0, 7])?;
        fs::write(old.join("run.json"), "{}")?;
        let told = differences(&old, &new)?;
        assert_eq!(told.len(), 9, "{told:?}");
        assert!(told.contains(&"run.json is missing in NEW".to_owned()));
        assert!(told.contains(&"losses/5.safetensors is missing in NEW".to_owned()));
        assert!(told.contains(&"losses/7.safetensors is in NEW only".to_owned()));
        Ok(())
    }
}
