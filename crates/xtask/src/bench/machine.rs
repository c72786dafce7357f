//! What the benchmarks run on.

use std::{fs, thread};

use crate::process::output;

/// Processor, cores, instruction sets, system and compiler, and the peers' versions, as a
/// paragraph.
pub(crate) fn describe(peers: &[&str]) -> String {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let compiler = output("rustc", &["--version"]).unwrap_or_default();
    let parts = [
        processor(),
        format!("{cores} core{}", if cores == 1 { "" } else { "s" }),
        instruction_sets().join(", "),
        system(),
        compiler.split(" (").next().unwrap_or_default().to_owned(),
    ];
    let ours = join(parts.iter().map(String::as_str), ", ");
    format!(
        "On: {}.",
        join(
            [ours.as_str()].into_iter().chain(peers.iter().copied()),
            "; "
        )
    )
}

fn join<'a>(parts: impl Iterator<Item = &'a str>, separator: &str) -> String {
    let parts: Vec<_> = parts.filter(|part| !part.is_empty()).collect();
    parts.join(separator)
}

/// The processor's name, with family and model where Linux tells them: names of virtual machines'
/// processors say little.
fn processor() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |name: &str| {
        let line = info
            .lines()
            .find(|line| line.split(':').next().map(str::trim) == Some(name));
        line.and_then(|line| Some(line.split_once(':')?.1.trim()))
    };
    let Some(name) = field("model name") else {
        return std::env::consts::ARCH.to_owned();
    };
    match (field("cpu family"), field("model")) {
        (Some(family), Some(model)) => format!("{name} (family {family}, model {model})"),
        _ => name.to_owned(),
    }
}

/// Vector instructions that the kernels may use.
fn instruction_sets() -> Vec<&'static str> {
    #[cfg(target_arch = "x86_64")]
    let found = [
        (is_x86_feature_detected!("avx2"), "AVX2"),
        (is_x86_feature_detected!("fma"), "FMA"),
        (is_x86_feature_detected!("avx512f"), "AVX-512"),
    ];
    #[cfg(not(target_arch = "x86_64"))]
    let found = [(cfg!(target_feature = "neon"), "NEON")];
    found
        .into_iter()
        .filter_map(|(has, name)| has.then_some(name))
        .collect()
}

fn system() -> String {
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let name = release
        .lines()
        .find_map(|line| line.strip_prefix("PRETTY_NAME="));
    name.map_or(std::env::consts::OS, |name| name.trim_matches('"'))
        .to_owned()
}
