//! `spindle doctor`: what this build can compute on, here; whether it computes right, how fast.
//!
//! Drivers crash, hang and panic. Every device is tried by a process of its own, which prints what
//! came of it; whatever ends it is an answer.

use std::{
    io::{self, BufRead as _, BufReader, Read},
    process::{self, Child, Command, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::{Duration, Instant},
};

use anyhow::Context;
use serde::{Deserialize, Serialize};
use spindle_core::{
    device::{self, Listed, Wanted},
    self_test,
};
use spindle_run::{
    device::{Backend, Place},
    experiment::Model,
};

use crate::{
    arguments::Doctor,
    interrupt::{self, Interrupted},
    terminal::{Terminal, write_out},
};

/// The document of `--json`.
#[derive(Serialize)]
struct Document {
    version: &'static str,
    features: Vec<Feature>,
    devices: Vec<DeviceReport>,
    advice: Vec<String>,
}

#[derive(Serialize)]
struct Feature {
    name: &'static str,
    built: bool,
}

#[derive(Serialize)]
struct DeviceReport {
    /// As `--device` takes it.
    device: String,
    name: String,
    software: bool,
    /// Bytes of the largest array, where it is known.
    largest_array: Option<u64>,
    /// What kept it from being tried.
    problem: Option<String>,
    tests: Vec<Test>,
}

/// A network on a device by a backend.
#[derive(Serialize, Deserialize)]
struct Test {
    model: String,
    backend: Backend,
    /// Whether it computes as the CPU does, within the limits of its kind of network.
    right: bool,
    /// What kept it from computing as the CPU does; nothing of the rest is known then.
    problem: Option<String>,
    #[serde(flatten)]
    found: Option<Found>,
}

#[derive(Serialize, Deserialize)]
struct Found {
    engine: String,
    /// Largest difference of a masked output to the CPU's, in units of the largest one.
    output_difference: f64,
    /// Largest relative difference of a training step's loss to the CPU's.
    loss_difference: f64,
    steps_per_second: f64,
    outputs_per_second: f64,
}

/// What is tried on adapters that are programs on the CPU, where the others take minutes.
const QUICK: [Model; 4] = [Model::Lenet, Model::Mlp, Model::BertTiny, Model::Dgcnn];

/// Runs the command.
pub(crate) fn doctor(arguments: &Doctor, terminal: &Terminal) -> anyhow::Result<()> {
    if let Some(wanted) = &arguments.probe {
        return probe(wanted, &arguments.model);
    }
    let built = device::features();
    terminal.answer(&format!(
        "spindle {}: {}",
        env!("CARGO_PKG_VERSION"),
        parts(&built)
    ))?;
    let mut devices = Vec::new();
    for listed in pollster::block_on(device::list()) {
        let largest = listed.largest_array.map(|bytes| bytes / 1_000_000);
        let largest =
            largest.map_or_else(String::new, |mega| format!(", arrays of up to {mega} MB"));
        terminal.answer(&format!("\n{}: {}{largest}", listed.wanted, listed.words))?;
        let models = models(arguments, listed.is_software);
        devices.push(tried(&listed, &models, terminal)?);
    }
    let advice = advice(&built, &devices);
    if !advice.is_empty() {
        terminal.say("");
    }
    advice.iter().for_each(|sentence| terminal.warn(sentence));
    let features = built.into_iter();
    terminal.document(&Document {
        version: env!("CARGO_PKG_VERSION"),
        features: features
            .map(|(name, built)| Feature { name, built })
            .collect(),
        devices,
        advice,
    })
}

/// The networks to try on a device: those that were asked for, or as many as take no long time.
fn models(arguments: &Doctor, is_software: bool) -> Vec<Model> {
    match (arguments.model.is_empty(), is_software) {
        (false, _) => arguments.model.clone(),
        (true, false) => Model::ALL.to_vec(),
        (true, true) => QUICK.to_vec(),
    }
}

/// What this build has, in words.
fn parts(features: &[(&str, bool)]) -> String {
    let mut words = "fused kernels on the CPU".to_owned();
    for (name, built) in features {
        words.push_str(if *built { ", with " } else { ", without " });
        words.push_str(name);
    }
    words
}

/// Tries all networks on a device in this process; a line of JSON each.
fn probe(wanted: &Wanted, models: &[Model]) -> anyhow::Result<()> {
    // Whoever asked holds the other end of stdin, and is gone when it ends.
    thread::spawn(|| {
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        process::exit(1);
    });
    let opened = pollster::block_on(device::open(wanted))?;
    for &model in models {
        for backend in [Backend::Kernels, Backend::Burn] {
            let place = Place {
                device: opened.device,
                backend: Some(backend),
            };
            if let Some(test) = test(model, place, backend) {
                write_out(format!("{}\n", serde_json::to_string(&test)?).as_bytes())?;
            }
        }
    }
    Ok(())
}

/// What came of a network; nothing where the backend does not do it.
fn test(model: Model, place: Place, backend: Backend) -> Option<Test> {
    let (problem, found) = match pollster::block_on(self_test::test(model, place)) {
        Err(spindle_core::Error::Place { .. } | spindle_core::Error::WithoutBurn { .. }) => {
            return None;
        }
        Err(error) => (Some(error.to_string()), None),
        Ok(tested) => {
            let found = Found {
                engine: tested.engine,
                output_difference: tested.output_difference,
                loss_difference: tested.loss_difference,
                steps_per_second: tested.steps_per_second,
                outputs_per_second: tested.outputs_per_second,
            };
            (None, Some(found))
        }
    };
    Some(Test {
        model: model.title().to_owned(),
        backend,
        right: problem.is_none(),
        problem,
        found,
    })
}

/// Tries a device by a process of its own; tells what came of each network as soon as it is known.
///
/// # Errors
/// It was interrupted.
fn tried(listed: &Listed, models: &[Model], terminal: &Terminal) -> anyhow::Result<DeviceReport> {
    let (tests, problem) = match probed(listed, models, terminal) {
        Ok(found) => found,
        Err(error) if error.is::<Interrupted>() => return Err(error),
        Err(error) => (Vec::new(), Some(format!("{error:#}"))),
    };
    if let Some(problem) = &problem {
        terminal.answer(&format!("  {problem}"))?;
    }
    Ok(DeviceReport {
        device: listed.wanted.to_string(),
        name: listed.words.clone(),
        software: listed.is_software,
        largest_array: listed.largest_array,
        problem,
        tests,
    })
}

/// How long one network may take on one device: a VGG-19 on a program on the CPU takes minutes.
const PATIENCE: Duration = Duration::from_secs(900);
/// Time between two looks at whether it was interrupted.
const LOOK: Duration = Duration::from_millis(100);

fn probed(
    listed: &Listed,
    models: &[Model],
    terminal: &Terminal,
) -> anyhow::Result<(Vec<Test>, Option<String>)> {
    let mut child = started(listed, models)?;
    let lines = lines_of(child.stdout.take());
    let said = lines_of(child.stderr.take());
    let (mut tests, mut since) = (Vec::new(), Instant::now());
    loop {
        let ends = match lines.recv_timeout(LOOK) {
            Ok(line) => {
                if let Ok(test) = serde_json::from_str::<Test>(&line) {
                    if tests.is_empty() {
                        terminal.answer(&header())?;
                    }
                    terminal.answer(&test.in_words())?;
                    tests.push(test);
                }
                since = Instant::now();
                continue;
            }
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => interrupt::check(Interrupted::Reading).err(),
        };
        let is_late = since.elapsed() > PATIENCE;
        if ends.is_some() || is_late {
            // It may have ended by itself just now.
            let _ = child.kill();
            let _ = child.wait();
        }
        match ends {
            Some(interrupted) => return Err(interrupted),
            None if is_late => {
                let seconds = PATIENCE.as_secs();
                let problem = format!("it did not answer within {seconds} s and was ended");
                return Ok((tests, Some(problem)));
            }
            None => {}
        }
    }
    let status = child.wait().context("cannot wait for it")?;
    let said: Vec<String> = said.iter().collect();
    let problem = (!status.success()).then(|| ended(&said.join("\n"), status));
    Ok((tests, problem))
}

/// This program again, for one device.
fn started(listed: &Listed, models: &[Model]) -> anyhow::Result<Child> {
    let own = std::env::current_exe().context("cannot find this program")?;
    let mut command = Command::new(own);
    command.args(["doctor", "--probe", &listed.wanted.to_string()]);
    for model in models {
        command.args(["--model", &name(*model)]);
    }
    command
        // Mesa's choice of a device looks for a desktop and complains that there is none.
        .env("NODEVICE_SELECT", "1")
        // It ends with this process, whose end it has the other end of.
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("cannot start it again")
}

/// Lines of what a process says, as they come.
fn lines_of(from: Option<impl Read + Send + 'static>) -> Receiver<String> {
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || {
        let Some(from) = from else { return };
        for line in BufReader::new(from).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line).into_owned();
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    lines
}

/// What a process that failed said of it.
fn ended(said: &str, status: process::ExitStatus) -> String {
    let lines = said
        .lines()
        .map(|line| line.trim_start_matches("error: ").trim());
    // Of a panic its first lines tell what, the last one is about backtraces.
    let telling: Vec<&str> = lines
        .filter(|line| {
            !line.is_empty() && !line.starts_with("note:") && !line.starts_with("warning:")
        })
        .take(3)
        .collect();
    match telling.is_empty() {
        true => format!("it ended with {status}"),
        false => telling.join(" "),
    }
}

/// A model as flags name it.
fn name(model: Model) -> String {
    let name = serde_json::to_value(model).ok();
    name.as_ref()
        .and_then(|name| name.as_str())
        .unwrap_or_default()
        .to_owned()
}

/// Characters of the longest name of a network.
fn name_width() -> usize {
    let titles = Model::ALL.iter().map(|model| model.title().len());
    titles.max().unwrap_or_default()
}

/// Above the rows.
fn header() -> String {
    format!(
        "  {:<1$} backend     steps/s  masked outputs/s  as the CPU does; off by, of the largest output",
        "network",
        name_width()
    )
}

impl Test {
    fn in_words(&self) -> String {
        let Self {
            model,
            backend,
            problem,
            found,
            ..
        } = self;
        let backend = match backend {
            Backend::Kernels => "kernels",
            Backend::Burn => "burn",
        };
        let rest = match (found, problem) {
            (Some(found), _) => format!(
                "{:>11.1} {:>17.0}  yes; {}",
                found.steps_per_second,
                found.outputs_per_second,
                match found.output_difference {
                    0.0 => "0".to_owned(),
                    apart => format!("{apart:.0e}"),
                }
            ),
            (None, Some(problem)) => format!("  no: {problem}"),
            (None, None) => String::new(),
        };
        let width = name_width();
        format!("  {model:<width$} {backend:<8}{rest}")
    }
}

/// What mends what was found, a sentence each.
fn advice(built: &[(&str, bool)], devices: &[DeviceReport]) -> Vec<String> {
    let mut advice = Vec::new();
    let missing = built.iter().filter(|(_, built)| !built);
    for (feature, _) in missing {
        let what = match *feature {
            "burn" => "--model dgcnn and --backend burn are",
            "cuda" => "--device cuda (NVIDIA's cards through CUDA) is",
            _ => "--device gpu (graphics cards) is",
        };
        advice.push(format!(
            "{what} not in this build; in Spindle's folder: cargo build --release -p spindle --features {feature}"
        ));
    }
    let gpus: Vec<&DeviceReport> = devices
        .iter()
        .filter(|report| report.device.starts_with("gpu"))
        .collect();
    let has_wgpu = built.contains(&("wgpu", true));
    if has_wgpu && gpus.iter().all(|gpu| gpu.software) {
        advice.push(format!(
            "{}. Where there is a card, install its driver (on Debian for AMD and Intel: mesa-vulkan-drivers; for NVIDIA: nvidia-driver), and libvulkan1; in a container of NVIDIA's set NVIDIA_DRIVER_CAPABILITIES=compute,utility,graphics. Without one nothing is missing: the CPU computes all",
            match gpus.is_empty() {
                true => "no graphics driver offers an adapter",
                false => "the only adapters are programs on the CPU",
            }
        ));
    }
    for report in devices {
        let wrong = report
            .tests
            .iter()
            .filter(|test| test.problem.is_some())
            .count();
        if wrong > 0 {
            advice.push(format!(
                "{} does not compute {wrong} of {} as the CPU does: do not use it for these; a newer driver may help",
                report.device,
                report.tests.len()
            ));
        }
        if report.problem.is_some() {
            advice.push(match report.device.as_str() {
                "cuda" => "cuda does not start: install NVIDIA's driver (nvidia-smi lists the cards) and the CUDA toolkit, and set CUDA_PATH to its folder".to_owned(),
                device => format!("{device} cannot be used: see above; a newer driver may help"),
            });
        }
    }
    advice
}
